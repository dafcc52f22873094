"""An evaluation in the run's own wandb run, with the real client: offline, and on a server of our own."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from online_cases import online_server, rows, wait_until
from wandb_file import read_offline_run

from swatch import cli
from swatch.compose import compose
from swatch.evaluation import records
from swatch.tracking import RunDirectory, background, wandb_open
from swatch.training.run import train
from wandb_server import WandbServer

SLICE = Path(__file__).resolve().parent.parent / "data" / "fashion-mnist-slice"
MEDIA = {
    "test/confusion_matrix_images": 2,
    "test/confident_errors": 24,
    "test/uncertain": 24,
    "test/confident": 24,
}
"""Key to how many pictures it has."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    overrides = [
        *(f"data.folder={SLICE}", "data.checksums=null", "tracking.mode=disabled", "epochs=2"),
        *("model.hidden_sizes=[16]", "tracking.project=looks", "tracking.samples=1"),
        f"paths.runs={tmp_path_factory.mktemp('runs')}",
    ]
    return train(compose(overrides), run_id="small", show=False).directory


@pytest.fixture
def directory(trained: Path, tmp_path: Path) -> RunDirectory:
    return RunDirectory(Path(shutil.copytree(trained, tmp_path / "runs" / "small")))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with online_server(monkeypatch) as server:
        yield server


def offline_file(directory: RunDirectory) -> dict[str, Any]:
    """Return the records of the run's only offline file."""
    (path,) = directory.path.glob("wandb/offline-run-*/*.wandb")
    # The last of it is written by wandb's own process, in its own time.
    wait_until(lambda: read_offline_run(path)["exit_code"] == 0)
    return read_offline_run(path)


def accuracy(directory: RunDirectory, split: str) -> float:
    entry = [entry for entry in records.read(directory) if entry["split"] == split][-1]
    return float(entry["metrics"]["accuracy"])


def test_offline_the_runs_file_has_the_evaluation(directory: RunDirectory, capsys: Any) -> None:
    assert cli.run(["evaluate", "small", "--split", "test", "--wandb", "--tracking", "offline"]) == 0
    assert f"wandb  kept in {directory.path / 'wandb'}" in capsys.readouterr().out
    found = offline_file(directory)
    assert found["run"].run_id == "small" and found["run"].project == "looks"
    assert [line["epoch"] for line in found["history"]] == [1, 2]
    summary = found["summary"]
    assert summary["test/accuracy"] == accuracy(directory, "test")
    assert summary["test/readings"] == 1 and summary["test/accuracy_low"] < summary["test/accuracy"]
    assert summary["val/accuracy"] == max(line["val/accuracy"] for line in found["history"])
    last = found["history"][-1]
    assert last["test/accuracy"] == summary["test/accuracy"]
    assert {name: last[f"{name}/count"] for name in MEDIA} == MEDIA
    assert sum("testper_class" in artifact.name for artifact in found["artifacts"]) == 1
    # Once more: still one file to sync, and the reading is counted.
    assert cli.run(["evaluate", "small", "--split", "test", "--wandb", "--tracking", "offline"]) == 0
    assert offline_file(directory)["summary"]["test/readings"] == 2


@pytest.mark.slow
def test_validation_keeps_trainings_own_keys(directory: RunDirectory) -> None:
    assert cli.run(["evaluate", "small", "--wandb", "--tracking", "offline"]) == 0
    summary = offline_file(directory)["summary"]
    assert summary["val_evaluation/accuracy"] == accuracy(directory, "val")
    assert not any(name.startswith("test/") for name in summary)


@pytest.mark.slow
def test_online_a_run_that_is_there_is_resumed(server: WandbServer, trained: Path, capsys: Any) -> None:
    overrides = ["tracking.mode=online", "tracking.project=looks", "model.hidden_sizes=[8]", "epochs=2"]
    where = [f"data.folder={SLICE}", "data.checksums=null", "tracking.samples=0"]
    result = train(compose([*overrides, *where]), run_id="mine", show=False)
    background.drain(10)
    assert RunDirectory(result.directory).read_tracking().sent  # type: ignore[union-attr]
    assert cli.run(["evaluate", "mine", "--split", "test", "--wandb"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^wandb  http\S+/looks/runs/mine$", shown, re.MULTILINE)
    assert list(server.runs) == ["mine"]
    run = server.runs["mine"]
    directory = RunDirectory(result.directory)
    assert run.summary["test/accuracy"] == accuracy(directory, "test")
    assert run.summary["val/accuracy"] == result.summary["best"]["val/accuracy"]
    lines = rows(server, "mine")
    assert [line["epoch"] for line in lines[:2]] == [1, 2] and len(lines) == 3
    assert {name: lines[2][name]["count"] for name in MEDIA} == MEDIA
    assert b"How each class was learnt" in run.files["evaluation_test.html"]
    table = json.loads(run.files[run.summary["test/per_class"]["path"]])
    assert [row[0] for row in table["data"]][:2] == ["T-shirt/top", "Trouser"]
    # A run that is whole there is not sent again by a sync, which would write over the evaluation.
    assert cli.run(["sync", "mine"]) == 0
    assert server.runs["mine"].summary["test/accuracy"] == run.summary["test/accuracy"]


@pytest.mark.slow
def test_online_a_run_that_is_not_there_is_sent_first(server: WandbServer, directory: RunDirectory) -> None:
    assert cli.run(["evaluate", "small", "--split", "test", "--wandb", "--tracking", "online"]) == 0
    run = server.runs["small"]
    assert [line["epoch"] for line in rows(server, "small")[:2]] == [1, 2]
    assert run.summary["test/accuracy"] == accuracy(directory, "test")
    state = directory.read_tracking()
    assert state is not None and state.sent and state.project == "looks"


@pytest.mark.slow
def test_a_sync_sends_the_figures_of_the_test_set_too(
    server: WandbServer, directory: RunDirectory, capsys: Any
) -> None:
    # The run is there and whole, until its network is asked about the test set.
    assert cli.run(["sync", "small"]) == 0
    assert not any(name.startswith("test/") for name in server.runs["small"].summary)
    assert cli.run(["evaluate", "small", "--split", "test"]) == 0
    capsys.readouterr()
    for said in ("sent 2 rows", "already there"):
        assert cli.run(["sync", "small"]) == 0
        shown = capsys.readouterr()
        assert said in shown.out + shown.err
    summary = server.runs["small"].summary
    assert summary["test/accuracy"] == accuracy(directory, "test")
    assert "test/confusion_matrix_table" in summary


def test_where_there_is_nowhere_to_send_to(directory: RunDirectory, capsys: Any) -> None:
    assert cli.run(["evaluate", "small", "--wandb"]) == 2
    assert "--wandb has nowhere to send to: tracking.mode is disabled; --tracking" in capsys.readouterr().err
    assert cli.run(["evaluate", "small", "--tracking", "offline"]) == 2
    assert "--tracking goes with --wandb" in capsys.readouterr().err
    assert cli.run(["evaluate", "small", "--wandb", "--tracking", "ofline"]) == 2
    assert "Did you mean 'offline'" in capsys.readouterr().err
    with directory.locked():
        assert cli.run(["evaluate", "small", "--wandb", "--tracking", "offline"]) == 2
    assert "is still being trained" in capsys.readouterr().err
    assert records.read(directory) == []


@pytest.mark.slow
def test_when_wandb_fails_the_page_is_there(
    server: WandbServer, directory: RunDirectory, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **options: Any) -> Any:
        raise OSError("no seat left")

    assert cli.run(["evaluate", "small", "--wandb", "--tracking", "online"]) == 0
    monkeypatch.setattr(wandb_open, "open_run", fail)
    assert cli.run(["evaluate", "small", "--wandb", "--tracking", "online"]) == 1
    assert "the page is written, but wandb failed: no seat left" in capsys.readouterr().err
    assert (directory.path / "evaluation_val.html").exists()
