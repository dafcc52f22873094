"""The real wandb client, offline and against a server on the loopback interface."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import KEY, LoopbackServer
from wandb_file import read_offline_run

from swatch.errors import UserError
from swatch.tracking import RunDescription, wandb_tracker
from swatch.tracking.wandb_tracker import WandbTracker

RUN = RunDescription(
    "2026-run_1",
    "adam_lr0.002",
    {
        "optimizer": {"learning_rate": 1e-05, "_target_": "a.b"},
        "model": {"hidden_sizes": [256, 128]},
        "none": None,
    },
    notes="a note",
    tags=["baseline"],
    group="sweep-1",
    goals={"val/accuracy": "maximize", "val/loss": "minimize"},
)
HISTORY = [
    {"epoch": e, "step": 10 * e, "val/accuracy": a, "val/loss": 1 - a}
    for e, a in ((1, 0.5), (2, 0.75), (3, 0.6))
]
SUMMARY: dict[str, Any] = {"best": HISTORY[1], "parameters": 7, "versions": {"python": "3"}, "per_class": []}


@pytest.fixture(autouse=True)
def _fresh_service() -> Iterator[None]:
    """wandb reads keys and addresses once per service: every test gets its own."""
    yield
    import wandb

    wandb.teardown()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    server = LoopbackServer()
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    yield server
    server.close()


def track(tracker: WandbTracker, history: list[dict[str, Any]] = HISTORY, status: str = "finished") -> None:
    tracker.start(RUN)
    for record in history:
        tracker.log(record["epoch"], record)
    tracker.confusion_matrix("val/confusion_matrix", ["a", "b"], [[3, 1], [0, 4]])
    tracker.finish(status, None, SUMMARY)


def offline_file(directory: Path) -> dict[str, Any]:
    """Read the one offline run; wandb's service closes the file a moment after the run has finished."""
    (path,) = directory.glob("wandb/offline-run-*/*.wandb")
    return read_finished(path)


def read_finished(path: Path) -> dict[str, Any]:
    for _ in range(100):
        found = read_offline_run(path)
        if found["exit_code"] is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{path} was not finished")


def test_offline_run_has_everything(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tracker = WandbTracker(tmp_path / "run", mode="offline", project="p")
    track(tracker)
    found = offline_file(tmp_path / "run")
    run = found["run"]
    assert (run.run_id, run.display_name, run.project) == ("2026-run_1", "adam_lr0.002", "p")
    assert (run.notes, list(run.tags), run.run_group, run.job_type) == (
        "a note",
        ["baseline"],
        "sweep-1",
        "train",
    )
    assert {key: found["config"][key] for key in RUN.config} == RUN.config
    logged = [{k: v for k, v in line.items() if not k.startswith("_")} for line in found["history"]]
    assert logged[:2] == HISTORY[:2]
    assert {key: logged[2][key] for key in HISTORY[2]} == HISTORY[2]
    assert [line["_step"] for line in found["history"]] == [1, 2, 3]
    best = found["metrics"]
    assert best["val/accuracy"].step_metric == best["*"].step_metric == "epoch"
    assert best["val/accuracy"].summary.max
    assert best["val/loss"].summary.min
    assert found["summary"]["best"] == HISTORY[1]
    assert found["summary"]["status"] == "finished"
    assert "per_class" not in found["summary"]
    assert found["exit_code"] == 0
    # The matrix is a native chart over a table of its four cells.
    table = "val/confusion_matrix_table"
    assert (logged[2][f"{table}/_type"], logged[2][f"{table}/nrows"]) == ("table-file", 4)
    assert list(tmp_path.glob(f"run/wandb/*/files/{logged[2][f'{table}/path']}"))
    chart = found["config"]["_wandb/visualize/val/confusion_matrix"]
    assert chart["panel_config"]["panelDefId"] == "wandb/confusion_matrix/v1"
    # Nothing anywhere else, nothing on the terminal.
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["wandb"]
    assert {path.name for path in tmp_path.iterdir()} <= {"run", "home"}
    assert not list((tmp_path / "home").rglob("*")) if (tmp_path / "home").exists() else True
    assert capfd.readouterr() == ("", "")
    assert tracker.offline_folder is not None
    assert tracker.offline_folder.name.startswith("offline-run-")


def test_little_is_written(tmp_path: Path) -> None:
    track(WandbTracker(tmp_path, mode="offline"))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 100_000


def test_failed_run_says_so(tmp_path: Path) -> None:
    track(WandbTracker(tmp_path, mode="offline"), status="failed")
    assert offline_file(tmp_path)["exit_code"] == 1


def test_going_on_offline_leaves_one_complete_run(tmp_path: Path) -> None:
    first = WandbTracker(tmp_path, mode="offline")
    first.start(RUN)
    first.log(1, HISTORY[0])
    first.log(2, {**HISTORY[1], "val/accuracy": 0.0})  # after the checkpoint: void
    first.finish("interrupted", "SIGINT", {})
    second = WandbTracker(tmp_path, mode="offline")
    second.start(RUN, HISTORY[:1])
    for record in HISTORY[1:]:
        second.log(record["epoch"], record)
    second.finish("finished", None, SUMMARY)
    found = offline_file(tmp_path)
    assert [line["val/accuracy"] for line in found["history"]] == [0.5, 0.75, 0.6]


def test_the_first_epoch_may_be_0(tmp_path: Path) -> None:
    tracker = WandbTracker(tmp_path, mode="offline")
    tracker.start(RUN)
    tracker.log(0, {"epoch": 0, "val/accuracy": 0.1})
    tracker.finish("finished", None, {})
    assert [line["_step"] for line in offline_file(tmp_path)["history"]] == [0]


def test_online_run_reaches_the_server(
    server: LoopbackServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tracker = WandbTracker(tmp_path / "run", mode="online")
    track(tracker)
    assert tracker.mode == "online"
    assert tracker.offline_folder is None
    assert [line["val/accuracy"] for line in server.history()] == [0.5, 0.75, 0.6]
    assert server.runs["2026-run_1"]["displayName"] == "adam_lr0.002"
    assert server.exit_codes == [0]
    assert capfd.readouterr() == ("", "")
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("is_required", [False, True])
def test_a_server_that_refuses_the_run(is_required: bool, server: LoopbackServer, tmp_path: Path) -> None:
    server.status = 401
    told: list[str] = []
    tracker = WandbTracker(tmp_path, mode="online", required=is_required, notify=told.append)
    if is_required:
        with pytest.raises(UserError, match=r"wandb did not take the run: .*tracking\.mode=offline"):
            tracker.start(RUN)
        return
    track(tracker)
    assert tracker.mode == "offline"
    assert len(told) == 1
    assert "tracked offline" in told[0]
    assert KEY not in told[0]
    assert len(offline_file(tmp_path)["history"]) == 3


def test_a_server_lost_on_the_way_fails_nothing(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wandb_tracker, "_FINISH_SECONDS", 0.5)
    tracker = WandbTracker(tmp_path, mode="online", notify=pytest.fail)
    tracker.start(RUN)
    tracker.log(1, HISTORY[0])
    server.close()
    for record in HISTORY[1:]:
        tracker.log(record["epoch"], record)
    tracker.finish("finished", None, SUMMARY)
    (path,) = tmp_path.glob("wandb/run-*/*.wandb")
    assert len(read_finished(path)["history"]) == 3


def test_losing_wandb_itself_is_said_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    tracker = WandbTracker(tmp_path / "one", mode="offline", notify=told.append)
    tracker.start(RUN)
    tracker.log(1, HISTORY[0])
    os.kill(service_of(os.getpid()), signal.SIGKILL)
    for record in HISTORY[1:]:
        tracker.log(record["epoch"], record)
    tracker.confusion_matrix("val/confusion_matrix", ["a", "b"], [[3, 1], [0, 4]])
    tracker.finish("finished", None, SUMMARY)
    assert tracker.mode == "lost"
    assert len(told) == 1
    assert told[0].startswith("wandb failed")
    # The next run of this process has a working wandb again.
    track(WandbTracker(tmp_path / "two", mode="offline", notify=pytest.fail))
    assert len(offline_file(tmp_path / "two")["history"]) == 3
    assert capfd.readouterr() == ("", "")


def service_of(parent: int) -> int:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,comm="], capture_output=True, text=True, check=True)
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    (service,) = [int(row[0]) for row in rows if int(row[1]) == parent and "wandb-core" in row[2]]
    return service


def test_importing_the_tracker_does_not_import_wandb() -> None:
    program = "import sys, swatch.tracking.wandb_tracker; sys.exit('wandb' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
