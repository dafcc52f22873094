"""A run directory tells another tracker everything, in order, whatever became of the run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swatch.errors import UserError
from swatch.tracking import Record, RunDescription, RunDirectory
from swatch.tracking.remote_sweep import RemoteSweep
from swatch.tracking.replay import Ending, replay, sends_model, summary_so_far
from swatch.tracking.tracker import SampleImages

REMOTE = RemoteSweep("http://localhost", "someone", "swatch", "abc")
CONFIG = {
    "training": {"monitor": "val/accuracy", "goal": "maximize"},
    "tracking": {"model": "auto"},
    "seed": 1,
}
HISTORY = [
    {"epoch": 1, "val/accuracy": 0.25, "timestamp": 100.0},
    {"epoch": 2, "val/accuracy": 0.75, "timestamp": 101.5},
    {"epoch": 3, "val/accuracy": None, "timestamp": 103.0},
]
SAMPLES = SampleImages(
    labels=["cat", "dog"],
    images=np.arange(16, dtype=np.uint8).reshape(2, 2, 4, 1),
    actual=np.array([0, 1]),
    predicted=np.array([1, 1]),
    probability=np.array([0.5, 0.75], np.float32),
)


class Listener:
    """A tracker that writes down what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def start(self, run: RunDescription, history: Sequence[Record] = ()) -> None:
        self.calls.append(("start", run, list(history)))

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        self.calls.append(("log", step, dict(metrics)))

    def confusion_matrix(self, name: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        self.calls.append(("confusion_matrix", name, list(labels), counts))

    def samples(self, name: str, samples: SampleImages) -> None:
        self.calls.append(("samples", name, samples))

    def model(self, path: Path, metadata: Mapping[str, Any]) -> None:
        self.calls.append(("model", path, dict(metadata)))

    def finish(self, status: str, reason: str | None, summary: Mapping[str, Any]) -> None:
        self.calls.append(("finish", status, reason, dict(summary)))

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == name]


def write_run(path: Path, **description: Any) -> RunDirectory:
    directory = RunDirectory(path)
    run = RunDescription(path.name, "a run", CONFIG, ["seed=1"], tags=["t"], started=99.0, **description)
    directory.start(run)
    for record in HISTORY:
        directory.log(record["epoch"], record)
    return directory


def test_a_whole_run_is_told_in_order(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "r", group="g", goals={"val/accuracy": "maximize"})
    directory.confusion_matrix("val/confusion_matrix", ["cat", "dog"], [[1, 2], [3, 4]])
    directory.samples("val/samples", SAMPLES)
    directory.model_file.write_bytes(b"weights")
    directory.finish("finished", None, {"best": HISTORY[1], "epochs": 3, "name": "a run"})
    heard = Listener()
    replayed = replay(directory, heard, REMOTE)
    order = ["start", "confusion_matrix", "samples", "model", "finish"]
    assert [call[0] for call in heard.calls] == order
    ((run, history),) = heard.named("start")
    assert (run.run_id, run.name, run.config, list(run.overrides)) == ("r", "a run", CONFIG, ["seed=1"])
    assert (run.group, list(run.tags), run.started) == ("g", ["t"], 99.0)
    assert run.goals == {"val/accuracy": "maximize"} and run.remote_sweep == REMOTE
    assert history == HISTORY
    assert heard.named("confusion_matrix") == [("val/confusion_matrix", ["cat", "dog"], [[1, 2], [3, 4]])]
    ((name, samples),) = heard.named("samples")
    assert name == "val/samples" and np.array_equal(samples.images, SAMPLES.images)
    ((path, metadata),) = heard.named("model")
    assert path == directory.model_file and metadata["metrics"] == {"val/accuracy": 0.75}
    assert heard.named("finish") == [("finished", None, {"best": HISTORY[1], "epochs": 3, "name": "a run"})]
    assert (replayed.rows, replayed.has_matrix, replayed.images, replayed.has_model) == (3, True, 2, True)


def test_a_run_whose_process_died_was_interrupted_and_has_a_summary(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "r")
    with directory.history_file.open("a") as stream:
        stream.write('{"epoch": 4, "val/acc')
    heard = Listener()
    assert replay(directory, heard).rows == 3
    ((status, reason, summary),) = heard.named("finish")
    assert status == "interrupted" and "died" in reason
    assert summary["best"] == HISTORY[1] and summary["final"] == HISTORY[2] and summary["epochs"] == 3
    assert not directory.summary_file.exists()


def test_an_ending_that_others_know_counts(tmp_path: Path) -> None:
    heard = Listener()
    replay(write_run(tmp_path / "r"), heard, None, Ending("crashed", "killed twice", {"epochs": 3}))
    assert heard.named("finish") == [("crashed", "killed twice", {"epochs": 3})]


@pytest.mark.parametrize(("goal", "best"), [("maximize", 2), ("minimize", 1)])
def test_the_best_epoch_so_far(tmp_path: Path, goal: str, best: int) -> None:
    directory = write_run(tmp_path / "r")
    directory.log(4, {"epoch": 4, "val/accuracy": "much"})
    found = summary_so_far(directory, "val/accuracy", goal)
    assert found["best"]["epoch"] == best and found["epochs"] == 4
    assert summary_so_far(directory, "unheard of", goal)["best"] is None


@pytest.mark.parametrize(
    ("wanted", "description", "is_sent"),
    [
        ("auto", {}, True),
        ("auto", {"sweep_id": "s"}, False),
        ("auto", {"remote_sweep": REMOTE}, False),
        (True, {"sweep_id": "s"}, True),
        (False, {}, False),
    ],
)
def test_which_models_are_sent(wanted: object, description: dict[str, Any], is_sent: bool) -> None:
    run = RunDescription("r", "r", {"tracking": {"model": wanted}}, **description)
    assert sends_model(run) is is_sent


def test_a_function_has_no_model_and_a_folder_without_config_no_run(tmp_path: Path) -> None:
    assert not sends_model(RunDescription("r", "r", {"x": 1}))
    heard = Listener()
    (tmp_path / "tracking.json").write_text(json.dumps({}))
    with pytest.raises(UserError, match="holds no run"):
        replay(RunDirectory(tmp_path), heard)
    assert heard.calls == []


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("history.jsonl", '{"epoch": 1}\n{"loss": 1}\n', "history.jsonl:2 has no whole number 'epoch'"),
        ("confusion_matrix.json", '{"name": "m", "labels": []}', "confusion_matrix.json has no 'counts'"),
        ("config.yaml", "[", "holds no run"),
    ],
)
def test_a_damaged_run_is_not_begun(tmp_path: Path, file: str, text: str, message: str) -> None:
    directory = write_run(tmp_path / "r")
    (directory.path / file).write_text(text)
    heard = Listener()
    with pytest.raises(UserError, match=message):
        replay(directory, heard)
    assert heard.calls == []
