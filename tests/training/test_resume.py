"""A resumed training is the uninterrupted one, bit for bit, wherever it was cut."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import tiny_trainer, without_timings

from swatch.errors import UserError
from swatch.files import WriteError
from swatch.training import checkpoint_state
from swatch.training.callbacks import checkpoint as checkpoint_module
from swatch.training.callbacks.base import Callback
from swatch.training.callbacks.best_weights import BestWeights
from swatch.training.callbacks.checkpoint import Checkpoint
from swatch.training.callbacks.early_stopping import EarlyStopping
from swatch.training.trainer import Trainer


class StopAtStep(Callback):
    def __init__(self, step: int) -> None:
        self._step = step

    def on_poll(self, trainer: Trainer) -> None:
        if trainer.position.step == self._step:
            trainer.stop("interrupted")

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        self.on_poll(trainer)


class Killed(BaseException):
    pass


class KillAtStep(StopAtStep):
    """Like kill -9: nothing else of the training runs."""

    def on_poll(self, trainer: Trainer) -> None:
        if trainer.position.step == self._step:
            raise Killed


def start(path: Path, *extra: Callback, patience: int = 100, **options: Any) -> Trainer:
    monitor = ("val/loss", "minimize")
    callbacks = [BestWeights(*monitor), EarlyStopping(*monitor, patience), *extra, Checkpoint(path, "f")]
    return tiny_trainer(callbacks, **options)


def resume(path: Path, *extra: Callback, **options: Any) -> Trainer:
    trainer = start(path, *extra, seed=99, **options)  # other weights and generators, all to be replaced
    trainer.training = start(path, **options).training
    checkpoint_state.restore(trainer, checkpoint_state.load(path))
    return trainer


def facts(trainer: Trainer) -> tuple[Any, ...]:
    best = trainer.callbacks[0]
    assert isinstance(best, BestWeights)
    assert best.record is not None
    return (
        trainer.outcome,
        without_timings(trainer.history),
        without_timings([best.record]),
        trainer.network.parameters.values.tobytes(),
        trainer.network.buffers["steps_seen"].tobytes(),
        trainer.optimizer.state()["velocity"].tobytes(),
        trainer.network.random_state(),
        trainer.position.step,
    )


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    trainer = start(tmp_path_factory.mktemp("whole") / "c.npz")
    trainer.run()
    return facts(trainer)


# 1: before any epoch; 9: within the second; 13, 14: around an epoch's end; 41: in the last epoch.
@pytest.mark.parametrize("step", [1, 6, 7, 9, 13, 14, 15, 41])
def test_interrupted(step: int, tmp_path: Path, uninterrupted: tuple[Any, ...]) -> None:
    path = tmp_path / "c.npz"
    first = start(path, StopAtStep(step))
    assert first.run().status == "interrupted"
    assert first.position.step == step
    second = resume(path)
    assert second.position == first.position
    second.run()
    assert facts(second) == uninterrupted


def test_interrupted_again_and_again(tmp_path: Path, uninterrupted: tuple[Any, ...]) -> None:
    path = tmp_path / "c.npz"
    trainer = start(path, StopAtStep(3))
    for step in (4, 11, 12, 28, 35, 1000):
        trainer.run()
        trainer = resume(path, StopAtStep(step))
    trainer.run()
    assert facts(trainer) == uninterrupted


@pytest.mark.parametrize("step", [8, 14, 40])
def test_killed(
    step: int, tmp_path: Path, uninterrupted: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_module, "MAX_SHARE", 1e9)  # at every epoch's end
    path = tmp_path / "c.npz"
    with pytest.raises(Killed):
        start(path, KillAtStep(step)).run()
    second = resume(path)
    # The kill at an epoch's end comes before that epoch's checkpoint.
    assert second.position.step == 7 * ((step - 1) // 7)
    second.run()
    assert facts(second) == uninterrupted


def test_within_long_epochs(
    tmp_path: Path, uninterrupted: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_module, "LONG_EPOCH_SECONDS", 0.0)
    path = tmp_path / "c.npz"

    class AfterCheckpoint(KillAtStep):
        pass

    trainer = start(path)
    trainer.callbacks = (*trainer.callbacks, AfterCheckpoint(10))
    with pytest.raises(Killed):
        trainer.run()
    second = resume(path)
    assert (second.position.epoch, second.position.batch) == (2, 3)
    second.run()
    assert facts(second) == uninterrupted


def test_patience_goes_on_counting(tmp_path: Path) -> None:
    options: dict[str, Any] = {"epochs": 60, "rate": 3.0, "patience": 3}
    whole = start(tmp_path / "whole.npz", **options)
    whole.run()
    assert whole.outcome is not None
    assert whole.outcome.reason == "early stopping: val/loss has not improved for 3 epochs"
    last = whole.position.step
    for step in (last - 10, last - 7):
        path = tmp_path / f"{step}.npz"
        start(path, StopAtStep(step), **options).run()
        second = resume(path, **options)
        second.run()
        assert facts(second) == facts(whole)


def test_a_run_killed_after_its_last_checkpoint_trains_no_further(tmp_path: Path) -> None:
    options: dict[str, Any] = {"epochs": 60, "rate": 3.0, "patience": 3}
    whole = start(tmp_path / "c.npz", **options)
    whole.run()
    second = resume(tmp_path / "c.npz", **options)
    second.run()
    assert facts(second) == facts(whole)


def test_checkpoint_holds_the_last_weights_and_the_network_the_best(tmp_path: Path) -> None:
    trainer = start(tmp_path / "c.npz", epochs=60, rate=3.0, patience=3)
    trainer.run()
    arrays = checkpoint_state.load(tmp_path / "c.npz")
    best = arrays["callbacks/best_weights/parameters"]
    assert np.array_equal(trainer.network.parameters.values, best)
    assert not np.array_equal(arrays["parameters"], best)


def test_a_failed_run_keeps_its_last_healthy_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_module, "MAX_SHARE", 1e9)
    start(tmp_path / "c.npz", poison={18: float("nan")}).run()
    assert checkpoint_state.state_of(checkpoint_state.load(tmp_path / "c.npz"))["position"]["step"] == 14


def test_disk_full_leaves_the_earlier_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_module, "MAX_SHARE", 1e9)
    path = tmp_path / "c.npz"

    class FillTheDisk(Callback):
        def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
            if record["epoch"] == 3:
                monkeypatch.setattr(os, "fsync", full)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(WriteError, match=rf"cannot write {path}: no space left"):
        start(path, FillTheDisk()).run()
    assert [item.name for item in tmp_path.iterdir()] == ["c.npz"]
    assert checkpoint_state.state_of(checkpoint_state.load(path))["position"]["epoch"] == 3


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"\x93NUMPY"])
def test_a_damaged_checkpoint_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "c.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"not a readable checkpoint .*training\.resume=never"):
        checkpoint_state.load(tmp_path / "c.npz")


@pytest.mark.parametrize("missing", ["parameters", "optimizer/velocity", "buffers/steps_seen"])
def test_a_checkpoint_that_does_not_fit_is_one_line(missing: str, tmp_path: Path) -> None:
    start(tmp_path / "c.npz").run()
    arrays = checkpoint_state.load(tmp_path / "c.npz")
    for wrong in ({**arrays, missing: np.zeros(3)}, {k: v for k, v in arrays.items() if k != missing}):
        with pytest.raises(UserError, match=r"does not fit this version .*training\.resume=never"):
            checkpoint_state.restore(tiny_trainer(), wrong)


def test_short_epochs_share_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = []
    write = checkpoint_module.write_npz
    monkeypatch.setattr(checkpoint_module, "write_npz", lambda *arguments: saved.append(write(*arguments)))
    monkeypatch.setattr(checkpoint_module, "MAX_SHARE", 1e-9)
    start(tmp_path / "c.npz").run()
    assert len(saved) == 2  # after the first epoch and at the end
