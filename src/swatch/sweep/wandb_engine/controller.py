"""The controller of a sweep that W&B's server runs: gives the server's runs to warm workers."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

from swatch.errors import Interrupted, RunFailed, UserError
from swatch.sweep.launchers.processes import describe_end
from swatch.sweep.records import TrialState
from swatch.sweep.terminal.live import Display
from swatch.sweep.wandb_engine.dispatch import Dispatch
from swatch.sweep.wandb_engine.opening import OpenServerSweep
from swatch.sweep.wandb_engine.protocol import Command
from swatch.sweep.wandb_engine.slot import News, Slot
from swatch.tracking import RunDirectory
from swatch.tracking.graphql import ServerError

SHOW_SECONDS = 0.5
GRACE_SECONDS = 10.0
MOST_BARREN_STARTS = 3
STOPPING = "stopping: the runs under way are saved. Ctrl-C again ends them at once."
_STATES = {
    "finished": TrialState.FINISHED,
    "stopped": TrialState.STOPPED,
    "failed": TrialState.FAILED,
    "interrupted": TrialState.WAITING,
}


class ServerController:
    """Runs agents on this machine until the server has no more work for them, or the user ends them."""

    def __init__(self, opened: OpenServerSweep, *, agents: int, display: Display) -> None:
        """Remember what to do; :meth:`run` does it."""
        self._opened, self._agents, self._display = opened, agents, display
        self._trials = opened.trials
        self._inbox: SimpleQueue[News] = SimpleQueue()
        self._slots: list[Slot] = []
        self._dispatch = Dispatch(opened, self._slots, display.say)
        self._barren_deaths: dict[str, int] = {}
        self._signals = 0
        self._error: UserError | RunFailed | None = None
        self._gave_up: list[str] = []

    def run(self) -> None:
        """Run the agents.

        Raises:
            Interrupted: Ctrl-C or SIGTERM came; the workers have saved and gone.
            RunFailed: No agent is able to go on.
            UserError: A worker met something the user must mend.
        """
        with self._signals_caught():
            try:
                wanted = self._dispatch.useful_agents(self._agents)
                for number in range(1, wanted + 1):
                    self._slots.append(
                        Slot(number, self._opened.task, wanted, self._opened.logs, self._inbox)
                    )
                self._loop()
            finally:
                self._end_workers()
            self._show()
        if self._error is not None:
            raise self._error
        if self._signals:
            raise Interrupted(self._opened.how_to_go_on())

    def _loop(self) -> None:
        shown, stopping = -SHOW_SECONDS, False
        while any(slot.worker is not None for slot in self._slots):
            try:
                slot, news = self._inbox.get(timeout=SHOW_SECONDS / 2)
                self._take(slot, news)
            except Empty:
                pass
            if (self._signals or self._error is not None) and not stopping:
                stopping = self._dispatch.is_over = True
                if self._signals:
                    self._display.say(STOPPING)
                for each in self._slots:
                    each.close()
            if self._signals > 1:
                self._kill()
            if time.monotonic() - shown >= SHOW_SECONDS:
                self._show()
                shown = time.monotonic()

    # News

    def _take(self, slot: Slot, news: Command | ServerError | Mapping[str, Any] | None) -> None:
        if isinstance(news, Command):
            self._dispatch.obey(slot, news)
        elif news is None or isinstance(news, ServerError):
            self._dispatch.hear(slot, news)
        else:
            self._hear_worker(slot, news)

    def _hear_worker(self, slot: Slot, message: Mapping[str, Any]) -> None:
        match message["kind"]:
            case "ready":
                self._set_to_work(slot)
            case "point":
                self._trials.describe(
                    message["run_id"], message["point"], message["overrides"], message["seed"]
                )
            case "epoch":
                self._barren_deaths.pop(message["run_id"], None)
                self._trials.log(message["run_id"], message["record"])
            case "ended":
                self._end_run(slot, message)
            case "fatal":
                self._error = UserError(message["reason"])
            case "exit":
                self._bury(slot, message["code"])

    def _set_to_work(self, slot: Slot) -> None:
        """Give a new worker the run of the one before it, or the next one."""
        slot.is_ready, slot.barren_starts = True, 0
        if slot.run_id is None:
            self._dispatch.next(slot)
        else:
            self._dispatch.begin(slot, slot.run_id, self._trials.values[slot.run_id])

    def _end_run(self, slot: Slot, message: Mapping[str, Any]) -> None:
        run_id, status, reason = message["run_id"], message["status"], message["reason"]
        directory = RunDirectory(self._opened.home / run_id)
        self._trials.end(
            run_id,
            _STATES[status],
            reason,
            summary=directory.read_summary(),
            history=directory.read_history(),
        )
        slot.run_id = None
        # A diverged run says something of its point, not of the agent.
        failed = status == "failed" and not (reason or "").startswith("diverged")
        slot.failures = slot.failures + 1 if failed else 0
        limit = self._opened.max_consecutive_failures
        if limit and slot.failures >= limit:
            self._give_up(slot, f"{slot.failures} runs in a row failed: {reason}")
        else:
            self._dispatch.next(slot)

    def _give_up(self, slot: Slot, reason: str) -> None:
        self._gave_up.append(reason)
        self._display.say(f"{slot.name} stopped: {reason}")
        slot.close()
        if len(self._gave_up) == len(self._slots):
            self._error = RunFailed(f"every agent gave up ({reason}). {self._opened.how_to_go_on()}")

    # Ends

    def _bury(self, slot: Slot, code: int) -> None:
        """Take leave of a worker that has ended, and replace one that died."""
        worker, run_id = slot.worker, slot.run_id
        slot.worker = None
        if run_id is not None and (slot.is_closed or self._error is not None):
            self._trials.end(run_id, TrialState.WAITING, "interrupted")
        if slot.is_closed or self._error is not None or worker is None:
            return
        reason = describe_end(code)
        last_words = f": {worker.last_words()}" if code > 0 else ""
        if not slot.is_ready:
            slot.barren_starts += 1
            if slot.barren_starts >= MOST_BARREN_STARTS:
                self._error = RunFailed(
                    f"{slot.barren_starts} workers in a row died before they were ready "
                    f"({reason}{last_words}; log: {worker.log_file})"
                )
                return
        elif run_id is not None:
            self._count_death(slot, run_id, f"{reason}{last_words}")
        self._display.say(f"{slot.name}'s worker died ({reason}); another takes its place")
        slot.start_worker()

    def _count_death(self, slot: Slot, run_id: str, reason: str) -> None:
        """Give up a run whose worker has died too often without an epoch between."""
        deaths = self._barren_deaths[run_id] = self._barren_deaths.get(run_id, 0) + 1
        if deaths > self._opened.retries:
            self._trials.end(run_id, TrialState.CRASHED, f"its process died {deaths} times ({reason})")
            slot.run_id = None

    def _kill(self) -> None:
        for slot in self._slots:
            if slot.worker is not None:
                slot.worker.kill()

    def _end_workers(self) -> None:
        """Leave no worker behind."""
        for slot in self._slots:
            slot.close()
        deadline = time.monotonic() + GRACE_SECONDS
        while any(slot.worker is not None for slot in self._slots):
            if time.monotonic() > deadline:
                self._kill()
            try:
                slot, news = self._inbox.get(timeout=SHOW_SECONDS)
                self._take(slot, news)
            except Empty:
                pass

    def _show(self) -> None:
        alive = sum(slot.worker is not None for slot in self._slots)
        self._display.update(self._trials.records, agents=alive, stopping=False)

    @contextmanager
    def _signals_caught(self) -> Iterator[None]:
        def receive(number: int, frame: FrameType | None) -> None:
            self._signals += 1

        in_main = threading.current_thread() is threading.main_thread()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if in_main else ()
        earlier = {number: signal.signal(number, receive) for number in numbers}
        try:
            yield
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)
