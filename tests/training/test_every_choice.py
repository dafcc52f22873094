"""Every choice in a training: it trains, and goes on bit for bit after an interruption within an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import without_timings

from choices import Choice
from entries import Entry
from model_size import skip_if_large
from swatch.compose import build, compose
from swatch.data.batches import Batches
from swatch.training import checkpoint_state
from swatch.training.assembly import assemble
from swatch.training.callbacks.base import Callback
from swatch.training.callbacks.best_weights import BestWeights
from swatch.training.callbacks.checkpoint import Checkpoint
from swatch.training.data_cache import prepare_data
from swatch.training.trainer import Trainer

# 144 images in batches of 32 are five batches and, by twos, three steps an epoch.
FEW = ("data.limit=160", "batch_size=32", "training.evaluation_batch_size=32")
# What keeps a state of its own: running averages, dropout, the moving average, half-gathered steps.
STATEFUL = (
    "model.hidden_sizes=[16,12]",
    "model.norm=batch",
    "model.dropout=0.2",
    "training.weight_average=0.9",
    "training.accumulation=2",
    "training.gradient_clipping.norm=1.0",
)

Start = Callable[..., Trainer]


class StopAtStep(Callback):
    def __init__(self, step: int) -> None:
        self._step = step

    def on_poll(self, trainer: Trainer) -> None:
        if trainer.position.step == self._step:
            trainer.stop("interrupted")


@pytest.fixture
def start(slice_overrides: list[str]) -> Start:
    """Make the trainer of a config, which keeps checkpoints in a file and asks callbacks after every step."""

    def start(path: Path, *overrides: str, stop: int | None = None) -> Trainer:
        composition = compose([*slice_overrides, *FEW, *overrides])
        skip_if_large(build(composition.config.model, classes=10))
        trainer = assemble(composition, prepare_data(composition))
        trainer._poll_seconds = 0
        stops = [] if stop is None else [StopAtStep(stop)]
        trainer.callbacks = (BestWeights("val/loss", "minimize"), *stops, Checkpoint(path, "f"))
        return trainer

    return start


def facts(trainer: Trainer) -> dict[str, Any]:
    """All that a training ends with, exactly."""
    best = trainer.callbacks[0]
    assert isinstance(best, BestWeights) and best.record is not None
    kept = checkpoint_state.capture(trainer, "f")
    kept.pop("state")
    return {
        "outcome": trainer.outcome,
        "history": without_timings(trainer.history),
        "best": without_timings([best.record]),
        "dropout": trainer.network.random_state(),
        "schedule": trainer.schedule.state(),
        **{name: array.tobytes() for name, array in kept.items()},
    }


def check_it_goes_on(start: Start, folder: Path, overrides: list[str], stop: int) -> Trainer:
    """Compare a whole training with one that was cut and taken up by another process, as it were."""
    whole = start(folder / "whole.npz", *overrides)
    before = whole.network.parameters.values.copy()
    assert whole.run().status == "finished"
    assert (whole.network.parameters.values != before).any()
    cut = start(folder / "cut.npz", *overrides, stop=stop)
    assert cut.run().status == "interrupted"
    assert cut.position.batch > 0, "within an epoch"
    second = start(folder / "cut.npz", *overrides)
    # Whatever is not restored shows.
    second.network.parameters.values.fill(np.nan)
    for buffer in second.network.buffers.values():
        buffer.fill(np.nan)
    checkpoint_state.restore(second, checkpoint_state.load(folder / "cut.npz"))
    second.run()
    assert facts(second) == facts(whole)
    return whole


@pytest.mark.check("trains, resumes")
def test_it_trains_and_goes_on_within_an_epoch(part_choice: Choice, start: Start, tmp_path: Path) -> None:
    options = STATEFUL if part_choice.group != "model" else [o for o in STATEFUL if o.startswith("training")]
    check_it_goes_on(start, tmp_path, [*options, "epochs=2", part_choice.override], stop=4)


@pytest.mark.parametrize(
    "overrides",
    [
        ["model=resnet_small", "model.channels=[4,8]", "augmentation=mixup", "optimizer=momentum"],
        [
            "model=cnn",
            "model.channels=[4]",
            "model.norm=batch",
            "model.dropout=0.2",
            "augmentation=cutmix",
        ],
        [*STATEFUL[:3], "augmentation=standard", "optimizer=eve", "regularization.max_norm=1"],
    ],
    ids=["resnet_small", "cnn", "mlp"],
)
def test_everything_at_once_goes_on(overrides: list[str], start: Start, tmp_path: Path) -> None:
    """With a plateau that has been reduced on before the cut, and once more after it."""
    plateau = ["scheduler=plateau", "scheduler.patience=1", "scheduler.factor=0.7", "scheduler.min_delta=1"]
    all_of_it = [*overrides, *STATEFUL[3:], *plateau, "training.flip_average=true", "epochs=5"]
    trainer = check_it_goes_on(start, tmp_path, all_of_it, stop=10)
    rates = [record["learning_rate"] for record in trainer.history]
    assert len(set(rates)) > 3, "the plateau's state counts"


def copied(batches: Batches) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for inputs, labels in batches.epoch(1):
        yield inputs.copy(), labels.copy()


@pytest.mark.check("training only")
def test_augmentation_changes_training_images_alone(
    augmentation_entry: Entry, start: Start, tmp_path: Path
) -> None:
    """A run's validation batches are the images themselves, whatever its training ones are."""
    plain = start(tmp_path / "a.npz", "augmentation=none")
    changed = start(tmp_path / "b.npz", f"augmentation={augmentation_entry.name}")
    for one, other in zip(copied(changed.validation), copied(plain.validation), strict=True):
        assert all((mine == theirs).all() for mine, theirs in zip(one, other, strict=True))
    first, again, images = (
        np.concatenate([inputs for inputs, _ in copied(trainer.training)])
        for trainer in (changed, changed, plain)
    )
    assert (first == again).all(), "the seed decides"
    assert (first == images).all() == augmentation_entry.target.identity
