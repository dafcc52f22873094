"""A run whose data are other ones than when it was trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.files_of_ones_own import labels_of, pictures, rows_of, write_csv
from swatch.cli import run
from swatch.compose import compose
from swatch.errors import UserError
from swatch.evaluation.evaluating import evaluate
from swatch.tracking import RunDirectory
from swatch.training.run import train

IMAGES, LABELS = pictures(60), labels_of(60)


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    """A run on a CSV file of three classes."""
    file = write_csv(tmp_path / "mine.csv", rows_of(IMAGES, LABELS))
    overrides = [
        *("data=csv", f"data.file={file}", f"data.cache={tmp_path / 'cache'}", "tracking.mode=disabled"),
        *("epochs=1", "batch_size=8", "model.hidden_sizes=[4]", "run.id=one"),
        f"paths.runs={tmp_path / 'runs'}",
    ]
    return RunDirectory(train(compose(overrides)).directory)


def test_the_same_data_are_not_remarked_on(
    directory: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(directory.path)]) == 0
    assert "OTHER DATA" not in capsys.readouterr().err


def test_edited_images_are_told_of(
    directory: RunDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_csv(tmp_path / "mine.csv", rows_of(255 - IMAGES, LABELS))
    assert evaluate(directory, "val").changed_files == ("mine.csv",)
    assert run(["evaluate", str(directory.path)]) == 0
    assert "OTHER DATA: mine.csv has changed since the training." in capsys.readouterr().err


def test_other_classes_are_refused(directory: RunDirectory, tmp_path: Path) -> None:
    write_csv(tmp_path / "mine.csv", rows_of(IMAGES, labels_of(60, ["dog", "eel", "fox"])))
    with pytest.raises(
        UserError,
        match=r"mine\.csv has changed since run 'one' was trained: its classes were cat, dog, eel, "
        r"and are dog, eel, fox now",
    ):
        evaluate(directory, "val")


def test_images_of_another_size_are_refused(directory: RunDirectory, tmp_path: Path) -> None:
    write_csv(tmp_path / "mine.csv", rows_of(pictures(60, (5, 5)), LABELS))
    with pytest.raises(UserError, match=r"its images were 4x4x1, and are 5x5x1 now"):
        evaluate(directory, "val")
