"""Whole runs of the real network on the slice: their files, their ends, their errors."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from swatch.compose import compose
from swatch.errors import Interrupted, RunFailed, UserError
from swatch.files import WriteError
from swatch.metrics import confusion_counts
from swatch.nn import load_parameters
from swatch.tracking import RunDirectory
from swatch.tracking.background import drain
from swatch.tracking.remote_sweep import RemoteSweep
from swatch.training import data_cache
from swatch.training import run as run_module
from swatch.training.assembly import assemble
from swatch.training.callbacks import checkpoint as checkpoint_module
from swatch.training.callbacks.base import Callback
from swatch.training.data_cache import prepare_data
from swatch.training.model_file import load_model
from swatch.training.outcome import RunResult
from swatch.training.run import train
from swatch.training.trainer import Trainer
from swatch.training.trial_runner import run_trial
from swatch.training.validation import validate

SMALL = ("model.hidden_sizes=[16]", "model.dropout=0.2", "epochs=3", "batch_size=128")


@pytest.fixture
def start(slice_overrides: list[str]) -> Callable[..., RunResult]:
    def start(*overrides: str, **options: Any) -> RunResult:
        return train(compose([*slice_overrides, *SMALL, *overrides]), **options)

    return start


def test_the_run_directory_is_complete(
    start: Callable[..., RunResult], capsys: pytest.CaptureFixture[str]
) -> None:
    result = start("tracking.mode=offline", "seed=3")
    shown = capsys.readouterr()
    assert (result.status, result.reason) == ("finished", None)
    assert result.directory == Path(os.environ["SWATCH_HOME"]) / result.run_id
    files = (
        "config.yaml overrides.yaml run.json history.jsonl class_accuracy.jsonl summary.json "
        "confusion_matrix.json samples.npz model.npz checkpoint.npz tracking.json"
    )
    assert {path.name for path in result.directory.iterdir()} == {*files.split(), "wandb", ".lock"}
    config = yaml.safe_load((result.directory / "config.yaml").read_text())
    assert (config["seed"], config["model"]["hidden_sizes"], config["epochs"]) == (3, [16], 3)
    assert "seed=3" in yaml.safe_load((result.directory / "overrides.yaml").read_text())
    history = [json.loads(line) for line in (result.directory / "history.jsonl").read_text().splitlines()]
    assert history == result.history
    assert [record["epoch"] for record in history] == [1, 2, 3]
    summary = json.loads((result.directory / "summary.json").read_text())
    assert summary == result.summary
    assert summary["final"] == history[-1]
    assert summary["best"] == max(history, key=lambda record: (record["val/accuracy"], -record["epoch"]))
    assert (summary["seed"], summary["epochs"], summary["steps"]) == (3, 3, 45)
    assert summary["parameters"] == 784 * 16 + 16 + 16 * 10 + 10
    assert {"python", "numpy", "swatch"} <= set(summary["versions"])
    assert summary["timings"]["epochs_seconds"] == pytest.approx(sum(r["seconds"] for r in history), abs=1e-2)
    matrix = json.loads((result.directory / "confusion_matrix.json").read_text())
    assert matrix["labels"][0] == "T-shirt/top"
    counts = np.array(matrix["counts"])
    assert counts.sum() == 200
    assert np.trace(counts) / 200 == summary["best"]["val/accuracy"]
    assert summary["confusion_matrix"] == {"labels": matrix["labels"], "counts": matrix["counts"]}
    assert [row["label"] for row in summary["per_class"]] == matrix["labels"]
    assert summary["per_class"][2]["recall"] == counts[2, 2] / counts[2].sum()
    assert len(list((result.directory / "wandb").glob("offline-run-*"))) == 1
    lines = shown.out.splitlines()
    assert lines[0].startswith(f"{summary['name']}: finished in ")
    assert any(line.split() == ["best", "epoch", str(summary["best"]["epoch"]), "of", "3"] for line in lines)
    assert lines[-2].split(maxsplit=2)[2] == os.path.relpath(result.directory)
    assert lines[-1] == f"wandb, offline  swatch sync {os.path.relpath(result.directory)}"
    assert sum(line.startswith("epoch ") for line in shown.err.splitlines()) == 3


def test_model_holds_the_best_weights(start: Callable[..., RunResult], slice_overrides: list[str]) -> None:
    result = start("optimizer.learning_rate=0.05")
    composition = compose([*slice_overrides, *SMALL, "seed=9"])
    trainer = assemble(composition, prepare_data(composition))
    load_parameters(result.directory / "model.npz", trainer.network)
    measured = validate(trainer.network, trainer.loss, trainer.validation, trainer.classes)
    assert (measured.loss, measured.accuracy) == (
        result.summary["best"]["val/loss"],
        result.summary["best"]["val/accuracy"],
    )


@pytest.mark.parametrize("flips", ["false", "true"])
def test_the_saved_model_predicts_what_validation_saw(
    start: Callable[..., RunResult], slice_overrides: list[str], flips: str
) -> None:
    options = ["model=cnn", "model.norm=batch", "model.channels=[4]", "augmentation=flip"]
    overrides = [*slice_overrides, *options, "epochs=1", f"training.flip_average={flips}"]
    result = train(compose(overrides))
    data = prepare_data(compose(overrides))
    model = load_model(result.directory / "model.npz")
    assert model.classes == tuple(data.source.class_names)
    labels = data.dataset.labels[data.validation]
    images = data.dataset.images[data.validation]
    predicted = model.predict(images)
    assert (predicted == labels).mean() == result.summary["best"]["val/accuracy"]
    stored = json.loads((result.directory / "confusion_matrix.json").read_text())["counts"]
    assert confusion_counts(labels, predicted, 10).tolist() == stored
    if flips == "true":
        mirrored = model.predict_proba(images[:, :, ::-1])
        np.testing.assert_allclose(mirrored, model.predict_proba(images), atol=1e-6)


def test_the_test_set_is_never_opened(
    start: Callable[..., RunResult], slice_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "train-only"
    shutil.copytree(slice_folder, folder, ignore=shutil.ignore_patterns("t10k*"))
    assert start(f"data.folder={folder}").status == "finished"


def test_runs_repeat_bit_for_bit(start: Callable[..., RunResult]) -> None:
    models = [
        np.load(start("augmentation=shift", f"paths.runs={home}").directory / "model.npz")
        for home in ("a", "b")
    ]
    assert models[0].files == models[1].files
    assert all(np.array_equal(models[0][name], models[1][name]) for name in models[0].files)


class At(Callback):
    """Does something when a number of steps is done."""

    def __init__(self, step: int, act: Callable[[Trainer], None]) -> None:
        self._step, self._act = step, act

    def on_poll(self, trainer: Trainer) -> None:
        if trainer.position.step == self._step:
            self._act(trainer)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes every trainer poll after each step and act at one of them."""

    def at(step: int, act: Callable[[Trainer], None]) -> None:
        def prepared(*arguments: Any) -> Trainer:
            trainer = assemble(*arguments)
            trainer._poll_seconds = 0
            begin = trainer.run

            def run() -> Any:
                trainer.callbacks = (At(step, act), *trainer.callbacks)
                return begin()

            trainer.run = run  # type: ignore[method-assign]
            return trainer

        monkeypatch.setattr(run_module, "assemble", prepared)

    return at


@pytest.mark.parametrize("step", [7, 15, 20])
def test_the_same_command_goes_on_exactly(
    step: int, start: Callable[..., RunResult], at: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("augmentation=flip", "optimizer=momentum", "training.early_stopping.patience=5")
    whole = start(*options, "paths.runs=whole")
    at(step, lambda trainer: trainer.stop("interrupted", "SIGINT"))
    cut = start(*options)
    assert cut.status == "interrupted"
    assert not (cut.directory / "model.npz").exists()
    with pytest.raises(Interrupted, match=rf"the same command goes on .*training\.resume={cut.run_id}"):
        cut.raise_unless_done()
    at(-1, lambda trainer: None)
    capsys.readouterr()
    result = start(*options, "tracking.mode=offline", "training.progress=false")
    assert f"goes on at epoch {1 + (step - 1) // 15}, step {step}" in capsys.readouterr().err
    assert (result.run_id, result.status) == (cut.run_id, "finished")
    assert [drop_timings(r) for r in result.history] == [drop_timings(r) for r in whole.history]
    first, second = (np.load(one.directory / "model.npz") for one in (whole, result))
    assert all(np.array_equal(first[name], second[name]) for name in first.files)
    # Finished is finished: the same command is a new run now.
    assert start(*options).run_id != cut.run_id


def drop_timings(record: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in record.items()
        if key not in ("seconds", "samples_per_second", "timestamp")
    }


def test_without_checkpoints_the_way_on_is_said(
    start: Callable[..., RunResult], at: Callable[..., None]
) -> None:
    at(20, lambda trainer: trainer.stop("interrupted", "SIGINT"))
    with pytest.raises(Interrupted, match=r"training\.checkpoint is off, so the same command starts anew"):
        start("training.checkpoint=false").raise_unless_done()


def test_a_diverging_run_fails_with_the_reason(start: Callable[..., RunResult]) -> None:
    result = start("optimizer=sgd", "optimizer.learning_rate=1e30")
    assert result.status == "failed"
    assert result.reason is not None
    assert result.reason.startswith("diverged: ")
    assert json.loads((result.directory / "summary.json").read_text())["reason"] == result.reason
    with pytest.raises(RunFailed, match="the run failed: diverged"):
        result.raise_unless_done()


def test_a_penalty_that_overflows_before_the_loss_fails_the_run(start: Callable[..., RunResult]) -> None:
    options = ("model.hidden_sizes=[]", "optimizer=sgd", "optimizer.learning_rate=1", "scheduler=constant")
    result = start(*options, "regularization.l2=10", "batch_size=80", "epochs=1")
    assert result.status == "failed"
    assert result.reason is not None
    assert result.reason.startswith("diverged: penalty is inf at epoch 1, step ")


def test_a_batch_larger_than_the_data_is_refused(start: Callable[..., RunResult]) -> None:
    with pytest.raises(UserError, match=r"batch_size is 1,801, .* only 1,800 images.*at most 1,800"):
        start("batch_size=1801")
    assert not Path(os.environ["SWATCH_HOME"]).exists()


def test_disk_full_is_one_line_and_the_run_goes_on_later(
    start: Callable[..., RunResult], at: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_module, "MAX_SHARE", 1e9)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    sync = os.fsync
    at(20, lambda trainer: monkeypatch.setattr(os, "fsync", full))
    with pytest.raises(WriteError, match=r"cannot write .*checkpoint\.npz: no space left on the disk"):
        start()
    monkeypatch.setattr(os, "fsync", sync)
    at(-1, lambda trainer: None)
    assert start().history[-1]["epoch"] == 3
    assert len(list(Path(os.environ["SWATCH_HOME"]).iterdir())) == 1


def test_no_permission_leaves_nothing(start: Callable[..., RunResult], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="cannot write"):
        start(f"paths.runs={tmp_path}/file")


def test_a_programming_error_is_recorded_and_raised(
    start: Callable[..., RunResult], at: Callable[..., None]
) -> None:
    def fail(trainer: Trainer) -> None:
        raise ZeroDivisionError("oops")

    at(20, fail)
    with pytest.raises(ZeroDivisionError):
        start()
    (directory,) = Path(os.environ["SWATCH_HOME"]).iterdir()
    summary = json.loads((directory / "summary.json").read_text())
    assert (summary["status"], summary["reason"], summary["epochs"]) == (
        "failed",
        "ZeroDivisionError: oops",
        1,
    )


def test_online_without_a_key_begins_nothing(start: Callable[..., RunResult]) -> None:
    with pytest.raises(UserError, match=r"tracking\.mode is online, but no API key"):
        start("tracking.mode=online")
    assert not Path(os.environ["SWATCH_HOME"]).exists()


def test_a_run_that_cannot_begin_leaves_nothing(
    start: Callable[..., RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UserError("no, thank you")

    monkeypatch.setattr(RunDirectory, "start", refuse)
    with pytest.raises(UserError, match="no, thank you"):
        start("tracking.mode=offline")
    assert list(Path(os.environ["SWATCH_HOME"]).iterdir()) == []


@dataclass(frozen=True)
class Decision:
    stop: bool
    reason: str | None


@dataclass
class FakeTrial:
    run_directory: Path
    overrides: Sequence[str]
    point: dict[str, Any]
    stop_at: int = 0
    fence_at: int = 0
    sweep_id: str = "quick"
    number: int = 3
    remote_sweep: RemoteSweep | None = None
    logged: list[dict[str, Any]] = field(default_factory=list)

    @property
    def run_id(self) -> str:
        return self.run_directory.name

    def log(self, record: dict[str, Any]) -> Decision:
        if record["epoch"] == self.fence_at:
            raise LookupError("another attempt owns the trial")
        self.logged.append(record)
        return Decision(record["epoch"] == self.stop_at, "too low")

    def should_stop(self) -> bool:
        return False


@pytest.fixture
def trial(slice_overrides: list[str], tmp_path: Path) -> Callable[..., FakeTrial]:
    def make(number: int = 0, **options: Any) -> FakeTrial:
        rate = 0.001 * (number + 1)
        overrides = (*slice_overrides, *SMALL, f"optimizer.learning_rate={rate}")
        point = {"optimizer.learning_rate": rate}
        return FakeTrial(tmp_path / "home" / f"quick-{number}", overrides, point, **options)

    return make


def test_a_trial_is_silent_and_leaves_no_checkpoint(
    trial: Callable[..., FakeTrial], capfd: pytest.CaptureFixture[str]
) -> None:
    one = trial(1)
    result = run_trial(one)
    assert (result.status, result.directory) == ("finished", one.run_directory)
    assert one.logged == result.history
    assert result.summary["name"] == "lr0.002"
    assert not (one.run_directory / "checkpoint.npz").exists()
    assert capfd.readouterr() == ("", "")


def test_a_trial_goes_on_offline_on_a_machine_without_a_key(trial: Callable[..., FakeTrial]) -> None:
    one = trial()
    one.overrides = [*one.overrides, "tracking.mode=online"]
    assert run_trial(one).status == "finished"
    assert drain()
    assert list(one.run_directory.glob("wandb/offline-run-*"))


def test_a_trial_stopped_by_the_rule(trial: Callable[..., FakeTrial]) -> None:
    result = run_trial(trial(stop_at=2))
    assert (result.status, result.reason, len(result.history)) == ("stopped", "too low", 2)
    assert result.summary["confusion_matrix"]["labels"]


def test_a_trial_that_had_ended_is_not_trained_again(trial: Callable[..., FakeTrial]) -> None:
    first = run_trial(trial())
    again = trial()
    second = run_trial(again)
    assert (second.summary, second.history) == (first.summary, first.history)
    assert again.logged == []


def test_a_fenced_trial_can_still_go_on(
    trial: Callable[..., FakeTrial], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_module, "MAX_SHARE", 1e9)
    with pytest.raises(LookupError):
        run_trial(trial(fence_at=3))
    again = trial()
    assert not (again.run_directory / "summary.json").exists()
    assert run_trial(again).status == "finished"
    assert [record["epoch"] for record in again.logged] == [2, 3]


def test_the_data_is_kept_between_trials(
    trial: Callable[..., FakeTrial], monkeypatch: pytest.MonkeyPatch
) -> None:
    data_cache._prepared.clear()
    built = []
    build = data_cache.build
    monkeypatch.setattr(data_cache, "build", lambda *arguments: built.append(1) or build(*arguments))
    for number in range(2):
        run_trial(trial(number))
    assert len(built) == 1
