"""Early stopping, best weights, signals and the sweep, each by itself."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import tiny_trainer

from swatch.training.callbacks.base import Callback
from swatch.training.callbacks.best_weights import BestWeights
from swatch.training.callbacks.early_stopping import EarlyStopping
from swatch.training.callbacks.interruption import Interruption
from swatch.training.callbacks.progress import Progress
from swatch.training.callbacks.sweep import SweepReporting
from swatch.training.trainer import Trainer


class Pretend(Callback):
    """Puts the given values in place of the monitored metric."""

    def __init__(self, metric: str, values: list[float]) -> None:
        self._metric, self._values = metric, values

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        record[self._metric] = self._values[record["epoch"] - 1]


@pytest.mark.parametrize(
    ("goal", "values", "patience", "min_delta", "epochs", "best"),
    [
        ("maximize", [0.1, 0.2, 0.2, 0.2, 0.9, 0.9], 2, 0.0, 4, 2),
        ("maximize", [0.1, 0.2, 0.2, 0.3, 0.3, 0.3], 2, 0.0, 6, 4),
        ("minimize", [3.0, 2.0, 2.5, 1.0, 1.5, 1.6], 2, 0.0, 6, 4),
        ("minimize", [3.0, 2.95, 2.9, 2.0, 2.0, 2.0], 2, 0.2, 3, 3),
        ("maximize", [0.5, 0.4, 0.6, 0.6, 0.6, 0.6], 0, 0.0, 2, 1),
        ("maximize", [0.1, 0.2, 0.3, 0.4, 0.3, 0.5], 2, 0.0, 6, 6),
    ],
)
def test_early_stopping_restores_the_best(
    goal: str, values: list[float], patience: int, min_delta: float, epochs: int, best: int
) -> None:
    weights: list[Any] = []

    class Remember(Callback):
        def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
            weights.append(trainer.network.parameters.values.copy())

    keeper = BestWeights("val/accuracy", goal)
    stopping = EarlyStopping("val/accuracy", goal, patience, min_delta)
    trainer = tiny_trainer([Pretend("val/accuracy", values), Remember(), keeper, stopping])
    outcome = trainer.run()
    assert outcome.status == "finished"
    assert len(trainer.history) == epochs
    waited = f"{max(patience, 1)} epoch{'s' if patience > 1 else ''}"
    stopped = f"early stopping: val/accuracy has not improved for {waited}"
    assert outcome.reason == (None if best == len(values) else stopped)
    assert keeper.record is not None
    assert keeper.record["epoch"] == best
    assert np.array_equal(trainer.network.parameters.values, weights[best - 1])
    assert trainer.network.buffers["steps_seen"] == 7 * best


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_step_and_stops(number: signal.Signals) -> None:
    class Send(Callback):
        def on_poll(self, trainer: Trainer) -> None:
            if trainer.position.step == 10:
                os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    with Interruption() as interruption:
        trainer = tiny_trainer([Send(), interruption])
        outcome = trainer.run()
    assert outcome.status == "interrupted"
    assert outcome.reason in (f"{number.name} at epoch 2 of 6, step {step}" for step in (10, 11))
    assert signal.getsignal(number) == before


def test_a_second_ctrl_c_is_not_waited_for() -> None:
    with Interruption(), pytest.raises(KeyboardInterrupt):
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)


def test_other_threads_cannot_catch_signals() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def enter() -> None:
        with Interruption():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]


@dataclass(frozen=True)
class Decision:
    stop: bool
    reason: str | None = None


@dataclass
class FakeTrial:
    """A trial whose rule stops at one epoch, whose agent ends at one step."""

    stop_at: int = 0
    leave_at: int = 0
    fence_at: int = 0
    run_id: str = "sweep-7"
    sweep_id: str = "sweep"
    run_directory: Path = Path("sweep-7")
    overrides: tuple[str, ...] = ()
    point: dict[str, Any] = field(default_factory=dict)
    logged: list[dict[str, Any]] = field(default_factory=list)
    polls: int = 0

    def log(self, record: dict[str, Any]) -> Decision:
        if record["epoch"] == self.fence_at:
            raise LookupError("the trial is another agent's")
        self.logged.append(record)
        return Decision(record["epoch"] == self.stop_at, "band 1: too low")

    def should_stop(self) -> bool:
        self.polls += 1
        return self.polls == self.leave_at


def test_the_sweep_hears_every_epoch() -> None:
    trial = FakeTrial()
    trainer = tiny_trainer([SweepReporting(trial)])
    assert trainer.run().status == "finished"
    assert trial.logged == trainer.history


def test_the_sweeps_rule_stops_the_run() -> None:
    trial = FakeTrial(stop_at=2)
    outcome = tiny_trainer([SweepReporting(trial)]).run()
    assert (outcome.status, outcome.reason) == ("stopped", "band 1: too low")
    assert len(trial.logged) == 2


def test_the_agent_ends_between_two_steps() -> None:
    trainer = tiny_trainer([SweepReporting(FakeTrial(leave_at=10))])
    outcome = trainer.run()
    assert outcome.status == "interrupted"
    assert trainer.position.step == 9  # seven steps, the epoch's end, two steps
    assert outcome.reason == "the agent ends at epoch 2 of 6"


def test_a_fenced_trial_is_marked_lost() -> None:
    reporting = SweepReporting(FakeTrial(fence_at=2))
    with pytest.raises(LookupError):
        tiny_trainer([reporting]).run()
    assert reporting.lost


def test_a_resumed_run_reports_its_last_epoch_again() -> None:
    trial = FakeTrial(stop_at=3)
    trainer = tiny_trainer([SweepReporting(trial)])
    trainer.history = [{"epoch": epoch} for epoch in (1, 2, 3)]
    trainer.position.epoch = 4
    assert trainer.run().status == "stopped"
    assert [record["epoch"] for record in trial.logged] == [3]


def test_plain_progress_is_one_line_per_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    trainer = tiny_trainer([Progress()])
    trainer.run()
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert len(lines) == 6
    record = trainer.history[1]
    assert lines[1].startswith(
        f"epoch 2/6  loss {record['train/loss']:.4f}  accuracy {record['train/accuracy']:.4f}"
        f"  val/loss {record['val/loss']:.4f}  val/accuracy {record['val/accuracy']:.4f}"
    )
    assert lines[1].endswith("samples/s  0:00 left")


def test_live_progress_shows_the_state_and_clears_up(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from rich.console import Console

    from swatch.training.callbacks import progress

    stream = io.StringIO()
    terminal = Console(file=stream, force_terminal=True, width=100, color_system=None)
    monkeypatch.setattr(progress, "console", lambda *, stderr: terminal)
    trainer = tiny_trainer([Progress()])
    trainer.run()
    shown = stream.getvalue()
    assert "epoch 3/6" in shown
    assert "val " in shown
    assert "/s" in shown
    assert "left" in shown
    assert shown.endswith("\x1b[2K")  # the line is gone
