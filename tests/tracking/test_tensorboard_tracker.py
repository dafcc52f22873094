"""TensorBoard's own reader finds what a run told, once, also after an interruption."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import Any

import pytest

from swatch.compose import compose
from swatch.errors import UserError
from swatch.tracking import RunDescription
from swatch.tracking.tensorboard_tracker import TensorBoardTracker, check_installed
from swatch.training.run import train

HISTORY = [
    {"epoch": 1, "val/accuracy": 0.25, "timestamp": 100.0},
    {"epoch": 2, "val/accuracy": 0.75, "timestamp": 101.5},
]
RUN = RunDescription("one", "one", {"optimizer": {"learning_rate": 0.5}, "epochs": 3, "tracking": {"x": 1}})


def read(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return events


def test_scalars_of_every_epoch_have_their_step_and_time(tmp_path: Path) -> None:
    tracker = TensorBoardTracker(tmp_path)
    tracker.start(RUN)
    for record in HISTORY:
        tracker.log(int(record["epoch"]), record)
    tracker.finish("finished", None, {"test/accuracy": 0.5})
    events = read(tmp_path / "tensorboard")
    found = [(scalar.step, scalar.value, scalar.wall_time) for scalar in events.Scalars("val/accuracy")]
    assert found == [(1, 0.25, 100.0), (2, 0.75, 101.5)]
    assert [scalar.value for scalar in events.Scalars("test/accuracy")] == [0.5]


def test_a_run_that_goes_on_has_no_step_twice(tmp_path: Path) -> None:
    interrupted = TensorBoardTracker(tmp_path)
    interrupted.start(RUN)
    for record in HISTORY:
        interrupted.log(int(record["epoch"]), record)
    interrupted.finish("interrupted", "Ctrl-C", {})
    tracker = TensorBoardTracker(tmp_path)
    tracker.start(RUN, HISTORY[:1])
    tracker.log(2, {"epoch": 2, "val/accuracy": 0.5})
    tracker.log(3, {"epoch": 3, "val/accuracy": math.nan})
    tracker.finish("finished", None, {})
    found = read(tmp_path / "tensorboard").Scalars("val/accuracy")
    assert [scalar.step for scalar in found] == [1, 2, 3]
    assert [scalar.value for scalar in found[:2]] == [0.25, 0.5]
    assert len(list((tmp_path / "tensorboard").iterdir())) == 1


def test_hyperparameters_are_those_that_count_for_the_training(tmp_path: Path) -> None:
    from tensorboard.plugins.hparams import api_pb2
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    tracker = TensorBoardTracker(tmp_path)
    tracker.start(RUN)
    tracker.finish("failed", "nan", {})
    content = read(tmp_path / "tensorboard").summary_metadata
    start = content["_hparams_/session_start_info"].plugin_data
    assert start.plugin_name == "hparams"
    hparams = HParamsPluginData.FromString(start.content).session_start_info.hparams
    assert {name: value.number_value for name, value in hparams.items()} == {
        "optimizer.learning_rate": 0.5,
        "epochs": 3.0,
    }
    end = HParamsPluginData.FromString(content["_hparams_/session_end_info"].plugin_data.content)
    assert end.session_end_info.status == api_pb2.STATUS_FAILURE


def test_a_disk_that_refuses_ends_the_writing_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tensorboard").write_text("a file where the folder should be")
    tracker = TensorBoardTracker(tmp_path)
    tracker.start(RUN)
    tracker.log(1, HISTORY[0])
    tracker.finish("finished", None, {})
    shown = capsys.readouterr()
    assert (shown.out + shown.err).count("TensorBoard does not get the run") == 1


def test_a_training_without_wandb_writes_curves_and_matrices(slice_overrides: list[str]) -> None:
    words = ["tracking=tensorboard", *slice_overrides, "data.limit=200", "epochs=2", "training.test=true"]
    result = train(compose(words), show=False)
    events = read(result.directory / "tensorboard")
    kept = [scalar.value for scalar in events.Scalars("val/accuracy")]
    assert kept == pytest.approx([record["val/accuracy"] for record in result.history])
    for part in ("val", "test"):
        [image] = events.Images(f"{part}/confusion_matrix")
        assert image.encoded_image_string.startswith(b"\x89PNG")
        assert image.width > 100
    assert not (result.directory / "wandb").exists()


def test_a_missing_package_is_told_of_before_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'swatch\[tensorboard\]'"):
        check_installed()
