"""The handle through which whatever trains a trial talks to its sweep."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from swatch.sweep.agent.stop_flag import StopFlag
from swatch.sweep.ledger import Attempt, Ledger
from swatch.sweep.ledger.view import SweepView
from swatch.sweep.pruners.stopping import Decision, Rule, decide
from swatch.sweep.records import Metrics, Point

if TYPE_CHECKING:
    from swatch.tracking.remote_sweep import RemoteSweep


class TrialStopped(BaseException):
    """The sweep's stopping rule ends the trial. Not an Exception: ``except Exception`` shall not catch it."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason)
        self.decision = decision


class TrialInterrupted(BaseException):
    """The agent is to stop; the trial goes back and is taken up again later."""


class Outcome(Protocol):
    """How a training ended, as an agent needs to know it."""

    @property
    def status(self) -> str:
        """``"finished"``, ``"stopped"``, ``"failed"`` or ``"interrupted"``."""

    @property
    def reason(self) -> str | None:
        """Why it stopped or failed."""

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the run directory's ``summary.json`` holds."""

    @property
    def history(self) -> Sequence[Metrics]:
        """Every epoch, also those before a resume."""


@dataclass
class Trial:
    """One trial as its training sees it.

    The network's training calls :meth:`log` and :meth:`should_stop`; a function given by a user calls
    :meth:`report`, which does both.
    """

    number: int
    """What users see; counts from 0."""
    run_id: str
    """Names the run directory and the wandb run; kept over attempts."""
    run_directory: Path
    seed: int
    """Of the run: the sweep's, or the parameter ``seed``; with repeats every run has another."""
    attempt: int
    """Counts from 1; above 1 the run directory may hold an earlier attempt's checkpoint."""
    point: Point
    """The swept parameters, dotted key to value; with repeats the seed too."""
    parameters: dict[str, Any]
    """All parameters, constants included, nested where their keys have dots."""
    overrides: tuple[str, ...]
    """Hydra overrides that make up the trial's config."""
    sweep_id: str
    metric: str
    goal: str
    repeat: int
    """Which of the trial's runs this is, from 0; always 0 without repeats."""
    _attempt: Attempt = field(repr=False)
    _ledger: Ledger = field(repr=False)
    _view: SweepView = field(repr=False)
    _rule: Rule | None = field(repr=False)
    _stop: StopFlag = field(repr=False)
    remote_sweep: RemoteSweep | None = None
    """Where the sweep stands on the W&B server of this agent, if it is registered there."""
    decision: Decision | None = None
    """The stopping rule's last word."""
    compared: Decision | None = None
    """Its last word with numbers: some rules compare a trial at a few epochs only."""
    history: list[Metrics] = field(default_factory=list)
    """What this attempt has logged."""
    _sink: Any = field(default=None, repr=False)
    _started: float = field(default_factory=time.monotonic, repr=False)
    _process: int = field(default_factory=os.getpid, repr=False)

    def log(self, record: Metrics) -> Decision:
        """Write one epoch to the ledger and return whether the trial goes on.

        ``record`` holds ``epoch`` (a whole number that rises) and the metrics. Raises Fenced if this attempt
        has been given up as dead and its trial handed to another agent.
        """
        self._ledger.log(self._attempt, [record], first=not self.history)
        self.history.append(record)
        if self._rule is None:
            self.decision = decide(None, self.goal, {}, self.number)
        else:
            self._view.refresh()
            self.decision = decide(self._rule, self.goal, self._view.histories(self.metric), self.number)
        if self.decision.band is not None:
            self.compared = self.decision
        return self.decision

    def should_stop(self) -> bool:
        """Whether the agent was told to stop: finish the step, save, and end as interrupted."""
        return self._stop.is_set()

    def report(self, metrics: Mapping[str, Any], epoch: int | None = None) -> None:
        """Report one epoch's metrics; call it as often as there is something to report.

        Args:
            metrics: Names to numbers; the sweep's metric among them. ``seconds`` since the last report, or
                since the start, is added where it is not among them.
            epoch: A whole number that rises; ``metrics["epoch"]`` unless given; without that, counted.

        Raises:
            TrialStopped: The sweep's stopping rule ends the trial. Let it pass.
            TrialInterrupted: The sweep was interrupted; the trial starts again when it goes on. Let it pass.
            RuntimeError: It is called in a process that the function has forked.
        """
        if os.getpid() != self._process:
            # Two processes on one database connection would damage what either writes.
            raise RuntimeError("trial.report in a forked process: hand the values back and report there")
        last = self.history[-1]["epoch"] if self.history else 0
        values = plain(metrics)
        number = _whole(values.get("epoch", last + 1) if epoch is None else epoch)
        if number < 0 or (self.history and number <= last):
            raise ValueError(f"trial.report: epoch {number} after epoch {last}; epochs count upwards")
        now = time.monotonic()
        # An epoch's own time, as in a run of the network.
        seconds, self._started = round(now - self._started, 3), now
        timestamp = round(time.time(), 3)
        record = {"epoch": number, "seconds": seconds, **values} | {"epoch": number, "timestamp": timestamp}
        if self._sink is not None:
            self._sink.log(number, record)
        decision = self.log(record)
        if decision.stop:
            raise TrialStopped(decision)
        if self.should_stop():
            raise TrialInterrupted("the sweep was interrupted")


def plain(metrics: Mapping[str, Any]) -> Metrics:
    """Return metrics as plain values, NumPy scalars as numbers. Raises TypeError for what is none."""
    if not isinstance(metrics, Mapping):
        raise TypeError(f"metrics are a dict such as {{'accuracy': 0.9}}, not {type(metrics).__name__}")
    values = {str(key): _plain(value) for key, value in metrics.items()}
    for key, value in values.items():
        if not isinstance(value, str | int | float | list | tuple | dict | os.PathLike | None):
            raise TypeError(
                f"'{key}' is of type {type(value).__name__}; metrics are numbers and texts. Pictures, tables "
                "and models go into files in trial.run_directory"
            )
    return values


def _whole(epoch: Any) -> int:
    try:
        is_whole = int(epoch) == epoch
    except (TypeError, ValueError, OverflowError):
        is_whole = False
    if not is_whole:
        raise ValueError(f"trial.report: epoch {epoch!r}; epochs are whole numbers")
    return int(epoch)


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
