"""Tracking in the background: in order, without waiting, bounded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from online_cases import HISTORY, RUN, rows, told, tracking_threads, wait_until
from online_cases import online_server as open_server

from swatch.tracking import background, wandb_process
from swatch.tracking.background import BackgroundTracker, drain, unsent_runs
from swatch.tracking.wandb_tracker import WandbTracker
from wandb_server import WandbServer


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(background, "_breaker", background.Breaker())
    monkeypatch.setattr(background, "_unsent", set())
    yield
    background.drain(5)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with open_server(monkeypatch) as server:
        yield server


class Recorder(WandbTracker):
    """Notes what it is told, and by whom; waits in ``start`` until it may go on."""

    def __init__(self, directory: Path, *, mode: str = "online", go: threading.Event | None = None) -> None:
        super().__init__(directory, mode=mode)
        self.calls: list[tuple[Any, ...]] = []
        self.thread: threading.Thread | None = None
        self._go = go

    def start(self, run: Any, history: Any = ()) -> None:
        self.thread = threading.current_thread()
        self.calls.append(("start", run.run_id, list(history)))
        if self._go is not None:
            self._go.wait()

    def log(self, step: int, metrics: Any) -> None:
        self.calls.append(("log", step, dict(metrics)))

    def confusion_matrix(self, *arguments: Any) -> None:
        self.calls.append(("confusion_matrix", *arguments))

    def samples(self, *arguments: Any) -> None:
        self.calls.append(("samples", *arguments))

    def model(self, *arguments: Any) -> None:
        self.calls.append(("model", *arguments))

    def finish(self, *arguments: Any) -> None:
        self.calls.append(("finish", *arguments))
        self.state = replace(self.state, sent=self.state.mode == "online")


def run_through(tracker: BackgroundTracker, run_id: str = "r") -> BackgroundTracker:
    tracker.start(replace(RUN, run_id=run_id))
    tracker.log(1, HISTORY[0])
    tracker.finish("finished", None, {})
    return tracker


def test_calls_come_in_order_from_another_thread(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    tracker = BackgroundTracker(recorder)
    history = [HISTORY[0]]
    tracker.start(RUN, history)
    history.clear()
    metrics = {"epoch": 2}
    tracker.log(2, metrics)
    metrics["epoch"] = 3  # it belongs to the training
    tracker.confusion_matrix("c", ["a"], [[1]])
    tracker.samples("s", None)  # type: ignore[arg-type]
    tracker.model(tmp_path, {})
    tracker.finish("finished", "why", {"a": 1})
    assert tracker.wait(5)
    assert recorder.calls == [
        ("start", RUN.run_id, [HISTORY[0]]),
        ("log", 2, {"epoch": 2}),
        ("confusion_matrix", "c", ["a"], [[1]]),
        ("samples", "s", None),
        ("model", tmp_path, {}),
        ("finish", "finished", "why", {"a": 1}),
    ]
    assert recorder.thread is not threading.current_thread()


def test_nobody_waits_for_a_tracker_that_hangs(tmp_path: Path) -> None:
    go = threading.Event()
    tracker = BackgroundTracker(Recorder(tmp_path, go=go))
    begin = time.monotonic()
    run_through(tracker)
    assert time.monotonic() - begin < 0.1
    assert not tracker.wait(0.05)
    go.set()
    assert tracker.wait(5)


def test_a_tracker_that_was_never_started_is_not_waited_for(tmp_path: Path) -> None:
    tracker = BackgroundTracker(Recorder(tmp_path))
    tracker.finish("failed", None, {})
    assert tracker.wait(0)


def test_an_error_is_noted_and_raised_to_nobody(tmp_path: Path) -> None:
    class Faulty(Recorder):
        def log(self, step: int, metrics: Any) -> None:
            raise ZeroDivisionError("oops")

    tracker = run_through(BackgroundTracker(Faulty(tmp_path)))
    assert tracker.wait(5)
    assert told(tmp_path)["problem"] == tracker.state.problem == "oops"


def test_runs_that_queue_up_stay_in_their_directories(tmp_path: Path) -> None:
    go, most = threading.Event(), background.MOST_RUNS + background.MOST_WAITING
    trackers = [
        run_through(BackgroundTracker(Recorder(tmp_path / str(n), go=go)), str(n)) for n in range(most + 3)
    ]
    wait_until(lambda: sum(bool(one.tracker.calls) for one in trackers) == background.MOST_RUNS)  # type: ignore[attr-defined]
    assert tracking_threads() <= most
    assert [one.state.problem for one in trackers[most:]] == [background.BUSY] * 3
    assert told(tmp_path / str(most))["problem"] == background.BUSY
    go.set()
    assert drain(5)
    assert [one.state.sent for one in trackers] == [True] * most + [False] * 3
    assert unsent_runs() == 3


def test_after_a_refusal_the_next_runs_do_not_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(Recorder):
        def start(self, run: Any, history: Any = ()) -> None:
            self.is_refused = True
            self.give_up("HTTP 401")

        def finish(self, *arguments: Any) -> None:
            pass

    monkeypatch.setattr(background, "_breaker", background.Breaker(0.3))
    assert run_through(BackgroundTracker(Refused(tmp_path / "0"))).wait(5)
    second = Recorder(tmp_path / "1")
    assert run_through(BackgroundTracker(second)).wait(5)
    assert (second.calls, second.state.problem) == (
        [],
        "not tried, because an earlier run had failed (HTTP 401)",
    )
    offline = Recorder(tmp_path / "2", mode="offline")
    assert run_through(BackgroundTracker(offline)).wait(5)
    assert len(offline.calls) == 3
    time.sleep(0.3)
    third = Recorder(tmp_path / "3")
    assert run_through(BackgroundTracker(third)).wait(5)
    assert third.state.sent


def test_two_attempts_of_a_run_do_not_overlap(tmp_path: Path) -> None:
    go = threading.Event()
    first, second = Recorder(tmp_path, go=go), Recorder(tmp_path)
    run_through(BackgroundTracker(first))
    later = run_through(BackgroundTracker(second))
    assert not later.wait(0.1)
    assert second.calls == []
    go.set()
    assert later.wait(5)
    assert len(first.calls) == len(second.calls) == 3


def test_leaving_does_not_wait_for_ever(tmp_path: Path) -> None:
    go = threading.Event()
    hanging, unfinished = (
        BackgroundTracker(Recorder(tmp_path / "0", go=go)),
        BackgroundTracker(Recorder(tmp_path / "1")),
    )
    run_through(hanging, "0")
    unfinished.start(replace(RUN, run_id="1"))
    begin = time.monotonic()
    assert not drain(0.2)
    assert 0.2 <= time.monotonic() - begin < 1
    for name in "01":
        assert told(tmp_path / name)["problem"] == background.CUT_OFF
    assert unsent_runs() == 2
    go.set()
    assert hanging.wait(5)
    assert unfinished.wait(5)


def test_the_start_of_wandb_itself_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(directory: Path) -> object:
        time.sleep(1.0)
        return join_service(directory)

    join_service = wandb_process.join_service
    monkeypatch.setattr("swatch.tracking.wandb_tracker.join_service", slow)
    begin = time.monotonic()
    # As after Ctrl-C, where nobody wants to wait.
    run_through(BackgroundTracker(WandbTracker(tmp_path / "0", mode="offline")), "0")
    assert not drain(0.2)
    assert time.monotonic() - begin < 1.0
    assert told(tmp_path / "0")["problem"] == background.CUT_OFF
    waited = run_through(BackgroundTracker(WandbTracker(tmp_path / "1", mode="offline")), "1")
    assert drain(0.5, through_start=True)
    assert waited.state.problem is None
    alone = run_through(BackgroundTracker(WandbTracker(tmp_path / "2", mode="offline")), "2")
    begin = time.monotonic()
    assert alone.wait_through_start(0.1)
    assert time.monotonic() - begin > 0.9
    assert alone.state.problem is None
    # There is an end to that, too.
    monkeypatch.setattr(background, "START_SECONDS", 0.2)
    monkeypatch.setattr(background, "SENDING_SECONDS", 0.3)
    monkeypatch.setattr("swatch.tracking.wandb_tracker.join_service", lambda directory: time.sleep(3.0))
    stuck = run_through(BackgroundTracker(WandbTracker(tmp_path / "3", mode="offline")), "3")
    begin = time.monotonic()
    assert not stuck.wait_through_start(0.1)
    assert 0.4 <= time.monotonic() - begin < 1.5


def test_runs_overlap_on_a_slow_server(server: WandbServer, tmp_path: Path) -> None:
    server.slow(0.15)
    begin = time.monotonic()
    trackers = [
        run_through(BackgroundTracker(WandbTracker(tmp_path / str(n), mode="online")), f"run-{n}")
        for n in range(6)
    ]
    handed_over = time.monotonic() - begin
    assert handed_over < 0.5
    assert drain(20)
    assert [one.state.sent for one in trackers] == [True] * 6
    assert all(len(rows(server, f"run-{n}")) == 1 for n in range(6))
    assert {run.state for run in server.runs.values()} == {"finished"}
    assert server.unexpected == []
    assert not wandb_process.is_service_alive()


def test_few_requests_are_made(server: WandbServer, tmp_path: Path) -> None:
    first = run_through(BackgroundTracker(WandbTracker(tmp_path / "0", mode="online")), "0")
    assert first.wait(10)
    before = len(server.requests)
    second = BackgroundTracker(WandbTracker(tmp_path / "1", mode="online"))
    second.start(replace(RUN, run_id="1", dataset=None))
    for record in HISTORY:
        second.log(record["epoch"], record)
    second.finish("finished", None, {})
    assert second.wait(10)
    assert second.state.sent
    assert len(server.requests) - before <= 10
