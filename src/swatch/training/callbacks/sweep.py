"""Reports every epoch to the sweep that the run belongs to, and obeys it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from swatch.training.callbacks.base import Callback
from swatch.training.outcome import INTERRUPTED, STOPPED

if TYPE_CHECKING:
    from swatch.tracking import Record
    from swatch.tracking.remote_sweep import RemoteSweep
    from swatch.training.trainer import Trainer


class StopDecision(Protocol):
    """Whether the sweep's rule ends the run, and why."""

    @property
    def stop(self) -> bool:
        """Whether to stop."""
        ...

    @property
    def reason(self) -> str | None:
        """Why."""
        ...


class TrialHandle(Protocol):
    """What training needs of a sweep's trial."""

    @property
    def run_id(self) -> str:
        """Names the run directory and the wandb run."""
        ...

    @property
    def run_directory(self) -> Path:
        """The run directory, which need not exist yet."""
        ...

    @property
    def overrides(self) -> Sequence[str]:
        """Hydra overrides that make up the trial's config."""
        ...

    @property
    def point(self) -> Mapping[str, Any]:
        """The swept parameters, dotted key to value."""
        ...

    @property
    def sweep_id(self) -> str:
        """The sweep."""
        ...

    @property
    def remote_sweep(self) -> RemoteSweep | None:
        """The sweep on a W&B server, if it is registered on one."""
        ...

    def log(self, record: dict[str, Any]) -> StopDecision:
        """Take one epoch; raises if the trial was given to somebody else."""
        ...

    def should_stop(self) -> bool:
        """Whether the agent wants to end (not the rule: the trial goes on later)."""
        ...


class SweepReporting(Callback):
    """Logs epochs to the trial.

    A resumed run first logs its last finished epoch again: later ones, which an earlier attempt had logged
    after its checkpoint, are void, and a stop that it was killed before obeying is decided anew.
    """

    def __init__(self, trial: TrialHandle) -> None:
        self._trial = trial
        self.lost = False
        """Whether the sweep refused a report: the run is not this process's any more."""

    def on_start(self, trainer: Trainer) -> None:
        """Log the last epoch that a resumed run has behind it."""
        if trainer.history:
            self._report(trainer, trainer.history[-1])

    def on_poll(self, trainer: Trainer) -> None:
        """Ask whether the agent wants to end."""
        if self._trial.should_stop():
            trainer.stop(INTERRUPTED, f"the agent ends at epoch {trainer.position.epoch} of {trainer.epochs}")

    def on_epoch_end(self, trainer: Trainer, record: Record) -> None:
        """Log the epoch and stop if the rule says so."""
        self._report(trainer, record)
        self.on_poll(trainer)

    def _report(self, trainer: Trainer, record: Record) -> None:
        try:
            decision = self._trial.log(dict(record))
        except BaseException:
            self.lost = True
            raise
        if decision.stop:
            trainer.stop(STOPPED, decision.reason)
