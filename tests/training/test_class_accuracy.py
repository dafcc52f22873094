"""How each class was learnt is kept for every epoch; and training on all images keeps the last epoch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from swatch.compose import compose
from swatch.errors import UserError
from swatch.tracking import class_accuracy
from swatch.training.outcome import RunResult
from swatch.training.run import train
from swatch.training.trainer import Trainer

SMALL = ["epochs=3", "model.hidden_sizes=[16]", "data.limit=500", "training.progress=false"]


@pytest.fixture
def overrides(slice_overrides: list[str]) -> list[str]:
    return [*slice_overrides, *SMALL]


def run(overrides: list[str], run_id: str = "small") -> RunResult:
    return train(compose(overrides), run_id=run_id, show=False)


def test_every_epoch_has_the_recalls_of_its_confusion_matrix(overrides: list[str]) -> None:
    result = run(overrides)
    found = class_accuracy.read(result.directory)
    assert found is not None and list(found.epochs) == [1, 2, 3]
    best = result.summary["best"]["epoch"]
    expected = {row["label"]: row["recall"] for row in result.summary["per_class"]}
    shares = {name: curve[best - 1] for name, curve in found.curves.items()}
    assert shares == pytest.approx(expected, abs=1e-6)
    # As many images of every class: their mean is the accuracy.
    for place, line in enumerate(result.history):
        mean = np.mean([curve[place] for curve in found.curves.values()])
        assert mean == pytest.approx(line["val/accuracy"], abs=1e-6)


def test_a_run_that_goes_on_keeps_what_it_had_and_drops_what_is_void(
    overrides: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = class_accuracy.read(run(overrides, "whole").directory)
    original = Trainer._end_epoch

    def interrupted(trainer: Trainer) -> None:
        original(trainer)
        if trainer.position.epoch == 3:
            trainer.stop("interrupted", "by the test")

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_end_epoch", interrupted)
        directory = run(overrides, "parts").directory
    # A later epoch, of an attempt that was killed before its checkpoint.
    class_accuracy.append(directory, 3, {"Trouser": 0.0})
    assert run(overrides, "parts").status == "finished"
    assert class_accuracy.read(directory) == whole


def test_damaged_lines_end_the_curves(tmp_path: Path) -> None:
    assert class_accuracy.read(tmp_path) is None
    class_accuracy.append(tmp_path, 1, {"a": 0.5, "b": None})
    class_accuracy.append(tmp_path, 2, {"a": 0.75, "b": float("nan")})
    with (tmp_path / class_accuracy.FILE).open("a") as file:
        file.write('{"epoch": 3, "accu')
    found = class_accuracy.read(tmp_path)
    assert found is not None and found.curves == {"a": [0.5, 0.75], "b": [None, None]}
    (tmp_path / class_accuracy.FILE).write_bytes(b"\xff\xfe")
    assert class_accuracy.read(tmp_path) is None


def test_without_a_validation_part_the_last_epoch_counts(overrides: list[str]) -> None:
    result = run([*overrides, "data.validation_fraction=0", "training.monitor=train/accuracy"])
    assert (result.status, result.summary["validation_samples"]) == ("finished", 0)
    assert result.summary["training_samples"] == 500
    assert result.summary["best"] == result.history[-1]
    assert all("val/loss" not in line for line in result.history)
    names = {path.name for path in result.directory.iterdir()}
    assert "model.npz" in names and names.isdisjoint({class_accuracy.FILE, "confusion_matrix.json"})
    stored = json.loads((result.directory / "summary.json").read_text())
    assert "confusion_matrix" not in stored


def test_what_is_not_there_cannot_be_watched(overrides: list[str]) -> None:
    with pytest.raises(UserError, match=r"training\.monitor is val/accuracy, and the validation part has no"):
        run([*overrides, "data.validation_fraction=0"])
