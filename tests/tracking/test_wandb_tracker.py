"""The real wandb client, offline and against a server on the loopback interface."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from online_cases import (
    COUNTS,
    HISTORY,
    RUN,
    SUMMARY,
    files_with,
    online_server,
    rows,
    samples,
    told,
)
from wandb_file import read_offline_run

from swatch.tracking import RunDirectory
from swatch.tracking.remote_sweep import RemoteSweep
from swatch.tracking.wandb_process import end_service
from swatch.tracking.wandb_tracker import WandbTracker
from wandb_server import WandbServer

OWN_KEYS = ("_step", "_runtime", "_timestamp", "_wandb")


@pytest.fixture(autouse=True)
def _fresh_service() -> Iterator[None]:
    yield
    end_service(0.0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with online_server(monkeypatch) as server:
        yield server


def track(
    tracker: WandbTracker,
    status: str = "finished",
    *,
    before: list[dict[str, Any]] | None = None,
    history: list[dict[str, Any]] = HISTORY,
) -> WandbTracker:
    tracker.start(RUN, before or [])
    for record in history:
        tracker.log(record["epoch"], record)
    tracker.confusion_matrix("val/confusion_matrix", ["a", "b"], COUNTS)
    tracker.finish(status, None, SUMMARY)
    return tracker


def offline_file(directory: Path) -> dict[str, Any]:
    """Read the one offline run; wandb's service closes the file a moment after the run has finished."""
    (path,) = directory.glob("wandb/offline-run-*/*.wandb")
    for _ in range(100):
        found = read_offline_run(path)
        if found["exit_code"] is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{path} was not finished")


def metrics(line: dict[str, Any]) -> dict[str, Any]:
    """A row without what wandb adds and without pictures and tables."""
    return {k: v for k, v in line.items() if k in HISTORY[0]}


def expected(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "timestamp"}


def test_a_wandb_that_cannot_be_imported_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    tracker = WandbTracker(tmp_path, mode="offline")
    tracker.start(RUN)
    tracker.finish("finished", None, SUMMARY)
    assert tracker.state.problem is not None
    assert tracker.state.problem.startswith("start: import of wandb halted")


def test_offline_run_has_everything(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tracker = track(WandbTracker(tmp_path / "run", mode="offline", project="p"))
    found = offline_file(tmp_path / "run")
    run = found["run"]
    assert (run.run_id, run.display_name, run.project) == (RUN.run_id, RUN.name, "p")
    assert (run.notes, list(run.tags), run.run_group, run.job_type) == (
        "a note",
        ["baseline"],
        "sweep-1",
        "train",
    )
    assert (run.git.commit, run.git.remote_url) == ("a" * 40, "https://example.org/code.git")
    assert {key: found["config"][key] for key in RUN.config} == RUN.config
    assert [metrics(line) for line in found["history"]] == [expected(record) for record in HISTORY]
    assert [line["_step"] for line in found["history"]] == [1, 2, 3]
    assert [line["_timestamp"] for line in found["history"]] == [record["timestamp"] for record in HISTORY]
    best = found["metrics"]
    assert best["val/accuracy"].step_metric == best["*"].step_metric == "epoch"
    assert best["val/accuracy"].summary.max
    assert best["val/loss"].summary.min
    assert found["summary"]["best"] == expected(HISTORY[1])
    assert found["summary"]["status"] == "finished"
    assert "per_class" not in found["summary"]
    assert found["exit_code"] == 0
    table = "val/confusion_matrix_table"
    assert (found["history"][2][f"{table}/_type"], found["history"][2][f"{table}/nrows"]) == ("table-file", 4)
    # Nothing anywhere else, nothing on the terminal.
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"wandb", "tracking.json"}
    assert {path.name for path in tmp_path.iterdir()} <= {"run", "home"}
    assert not [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert capfd.readouterr() == ("", "")
    assert told(tmp_path / "run") == tracker.state.as_dict()
    assert (tracker.state.mode, tracker.state.sent, tracker.state.problem) == ("offline", False, None)


def test_little_is_written(tmp_path: Path) -> None:
    track(WandbTracker(tmp_path, mode="offline"))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 200_000


def test_going_on_offline_leaves_one_complete_run(tmp_path: Path) -> None:
    void = {**HISTORY[1], "val/accuracy": 0.0}  # after the checkpoint
    track(WandbTracker(tmp_path, mode="offline"), "interrupted", history=[HISTORY[0], void])
    track(WandbTracker(tmp_path, mode="offline"), before=HISTORY[:1], history=HISTORY[1:])
    found = offline_file(tmp_path)
    assert [line["val/accuracy"] for line in found["history"]] == [0.5, 0.75, 0.6]


def test_the_first_epoch_may_be_0(tmp_path: Path) -> None:
    tracker = WandbTracker(tmp_path, mode="offline")
    tracker.start(RUN)
    tracker.log(0, {"epoch": 0, "val/accuracy": 0.1})
    tracker.finish("finished", None, {})
    assert [line["_step"] for line in offline_file(tmp_path)["history"]] == [0]


def test_a_run_without_an_epoch(server: WandbServer, tmp_path: Path) -> None:
    tracker = WandbTracker(tmp_path, mode="online")
    tracker.start(RUN)
    tracker.finish("failed", "diverged", {})
    assert tracker.state.sent
    assert rows(server) == []
    assert (server.runs[RUN.run_id].state, server.runs[RUN.run_id].summary["reason"]) == (
        "failed",
        "diverged",
    )


def test_online_run_reaches_the_server(
    server: WandbServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tracker = WandbTracker(tmp_path / "run", mode="online")
    tracker.start(RUN)
    assert told(tmp_path / "run")["sent"] is False
    for record in HISTORY:
        tracker.log(record["epoch"], record)
    tracker.confusion_matrix("val/confusion_matrix", ["a", "b"], COUNTS)
    tracker.samples("val/samples", samples())
    model = tmp_path / "run" / "model.npz"
    model.write_bytes(b"weights")
    tracker.model(model, {"epoch": 2})
    tracker.finish("finished", None, SUMMARY)
    run = server.runs[RUN.run_id]
    assert (run.state, run.display_name, run.job_type, run.commit) == (
        "finished",
        RUN.name,
        "train",
        "a" * 40,
    )
    # The config is the run's and nothing else; `_wandb` is wandb's own.
    assert {key: value for key, value in run.config.items() if key != "_wandb"} == RUN.config
    assert [metrics(line) for line in rows(server)] == [expected(record) for record in HISTORY]
    assert [line["_timestamp"] for line in rows(server)] == [record["timestamp"] for record in HISTORY]
    # Plain numbers: the best where there is a goal, else the last.
    assert {key: run.summary[key] for key in HISTORY[0] if key != "timestamp"} == {
        "epoch": 3,
        "step": 30,
        "val/accuracy": 0.75,
        "val/loss": 0.25,
    }
    assert run.summary["best"] == expected(HISTORY[1])
    assert {artifact.type for artifact in server.artifacts.values()} == {"model", "dataset", "run_table"}
    assert tracker.state.sent
    assert told(tmp_path / "run") == {
        "mode": "online",
        "sent": True,
        "problem": None,
        "base_url": server.url,
        "entity": server.entity,
        "project": "swatch",
        "url": f"{server.url}/{server.entity}/swatch/runs/{RUN.run_id}",
        "sweep_id": None,
    }
    assert server.unexpected == []
    assert capfd.readouterr() == ("", "")
    assert files_with(server.key, tmp_path) == []


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [("stopped", "finished", 0), ("failed", "failed", 1), ("interrupted", "failed", 130)],
)
def test_states(status: str, state: str, code: int, server: WandbServer, tmp_path: Path) -> None:
    track(WandbTracker(tmp_path, mode="online"), status)
    run = server.runs[RUN.run_id]
    assert (run.state, run.exit_code, run.summary["status"]) == (state, code, status)


def test_a_run_that_is_sent_again_replaces_the_first(server: WandbServer, tmp_path: Path) -> None:
    track(WandbTracker(tmp_path, mode="online"), "interrupted", history=HISTORY[:2])
    other = {**HISTORY[1], "val/accuracy": 0.9}
    tracker = track(WandbTracker(tmp_path, mode="online"), before=HISTORY[:1], history=[other, HISTORY[2]])
    assert tracker.state.sent
    assert [line["val/accuracy"] for line in rows(server)] == [0.5, 0.9, 0.6]
    assert list(server.runs) == [RUN.run_id]
    assert (server.runs[RUN.run_id].state, server.runs[RUN.run_id].summary["val/accuracy"]) == (
        "finished",
        0.9,
    )
    assert len(list((tmp_path / "wandb").glob("run-*"))) == 1


def test_a_run_that_is_told_afterwards_has_its_times(server: WandbServer, tmp_path: Path) -> None:
    tracker = track(WandbTracker(tmp_path, mode="online"), before=HISTORY, history=[])
    assert tracker.state.sent
    found = rows(server)
    assert [metrics(line) for line in found] == [expected(record) for record in HISTORY]
    assert [line["_step"] for line in found] == [1, 2, 3]
    assert [line["_timestamp"] for line in found] == [record["timestamp"] for record in HISTORY]
    assert [line["_runtime"] for line in found] == pytest.approx([60, 120, 180], abs=10)
    assert found[-1]["val/confusion_matrix_table"]["_type"] == "table-file"
    summary = server.runs[RUN.run_id].summary
    assert summary["_wandb"]["runtime"] == pytest.approx(180, abs=10)
    assert summary["val/accuracy"] == 0.75


def test_numbers_that_are_none_are_null_in_both_ways(server: WandbServer, tmp_path: Path) -> None:
    nan = {**HISTORY[0], "val/loss": float("nan")}
    tracker = WandbTracker(tmp_path, mode="online")
    tracker.start(RUN, [nan])
    tracker.log(2, {**HISTORY[1], "val/loss": float("inf")})
    tracker.finish("failed", None, {})
    assert [line["val/loss"] for line in rows(server)] == [None, None]
    assert "val/loss" not in server.runs[RUN.run_id].summary


def test_a_member_of_a_sweep(server: WandbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from swatch.tracking.registration import register

    raw = {"method": "random", "parameters": {"optimizer.learning_rate": {"values": [1, 2]}}}
    remote = register(raw, entity=None, project="sweeps", name="s", custom=True)
    # What `wandb agent` leaves: the parameters a second time, and an id that must not be taken.
    parameters = tmp_path / "parameters.yaml"
    parameters.write_text("optimizer.learning_rate:\n  value: 2\n")
    for name, value in (
        ("WANDB_SWEEP_PARAM_PATH", str(parameters)),
        ("WANDB_SWEEP_ID", "another"),
        ("WANDB_PROJECT", "another"),
    ):
        monkeypatch.setenv(name, value)
    tracker = WandbTracker(tmp_path / "run", mode="online", project="not this one")
    tracker.start(replace(RUN, remote_sweep=remote))
    tracker.log(1, HISTORY[0])
    tracker.finish("finished", None, {})
    run = server.runs[RUN.run_id]
    assert (run.sweep, run.project) == (remote.sweep_id, "sweeps")
    assert {key: value for key, value in run.config.items() if key != "_wandb"} == RUN.config
    state = tracker.state
    assert (state.sent, state.project, state.sweep_id) == (True, "sweeps", remote.sweep_id)


def test_a_sweep_that_the_server_does_not_have(server: WandbServer, tmp_path: Path) -> None:
    nowhere = RemoteSweep(server.url, server.entity, "p", "gone")
    tracker = WandbTracker(tmp_path, mode="online")
    tracker.start(replace(RUN, remote_sweep=nowhere))
    tracker.finish("finished", None, {})
    assert not tracker.state.sent
    assert tracker.state.problem is not None


def test_what_somebody_stops_in_the_ui(
    server: WandbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wandb.sdk.lib import run_stopping

    monkeypatch.setattr(run_stopping, "_POLL_INTERVAL", 0.05)
    monkeypatch.setattr(run_stopping.RunStopChecker.__init__, "__kwdefaults__", {"poll_interval": 0.05})
    monkeypatch.setenv("WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL", "0.1")
    stopped: list[int] = []
    tracker = WandbTracker(tmp_path, mode="online", stop=lambda: stopped.append(1))
    tracker.start(RUN)
    server.stop_run(RUN.run_id)
    for record in HISTORY:
        tracker.log(record["epoch"], record)
    server.wait(lambda: stopped)
    tracker.finish("stopped", None, {})
    assert stopped == [1]


def test_one_faulty_picture_costs_nothing_else(
    server: WandbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = WandbTracker(tmp_path, mode="online")
    tracker.start(RUN)
    tracker.log(1, HISTORY[0])
    tracker.confusion_matrix("val/confusion_matrix", ["a"], COUNTS)  # one label for two classes
    tracker.log(2, HISTORY[1])
    tracker.finish("finished", None, SUMMARY)
    assert [line["epoch"] for line in rows(server)] == [1, 2]
    assert server.runs[RUN.run_id].state == "finished"
    assert not tracker.state.sent
    assert (tracker.state.problem or "").startswith("confusion matrix: ")
    assert not tracker.is_refused


def test_what_an_earlier_attempt_had_sent_counts_no_more(server: WandbServer, tmp_path: Path) -> None:
    track(WandbTracker(tmp_path, mode="online"), "interrupted")
    assert told(tmp_path)["sent"] is True
    RunDirectory(tmp_path).start(RUN)
    assert RunDirectory(tmp_path).read_tracking() is None


def test_importing_the_tracker_does_not_import_wandb() -> None:
    program = "import sys, swatch.tracking.background; sys.exit('wandb' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
