"""Sending many runs, several at a time, until all are through, the server is gone, or the user has enough."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType, TracebackType
from typing import Any

from swatch.sweep.sync.items import Item
from swatch.sweep.sync.remote_runs import Place, default_entity
from swatch.sweep.sync.sending import Kind, Outcome, send
from swatch.tracking.graphql import ServerError
from swatch.tracking.remote_sweep import RemoteSweep
from swatch.tracking.wandb_process import end_service

MOST_REFUSALS = 5
"""After so many runs in a row that the server does not take, no more are tried."""
BUSY_SECONDS = 60.0
"""How long another process that sends a run is waited for."""
_POLL_SECONDS = 0.2


class Stop:
    """Ctrl-C and SIGTERM: the first one lets the runs end that are being sent, the second one raises."""

    def __init__(self) -> None:
        self.is_wanted = False
        self._earlier: dict[int, Any] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._earlier[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.is_wanted:
            raise KeyboardInterrupt
        self.is_wanted = True


class Pool:
    """Threads that send runs through wandb's one background process."""

    def __init__(
        self,
        place: Place,
        remote: RemoteSweep | None,
        jobs: int,
        *,
        since: float,
        take: Callable[[Outcome], None],
        notify: Callable[[str], None],
    ) -> None:
        """Remember what to do.

        Args:
            place: The project.
            remote: The sweep there that the runs become members of.
            jobs: How many runs are sent at a time.
            since: The Unix time at which it was decided what to send.
            take: Gets what became of each run, also of those that were not tried.
            notify: Takes one line for people.
        """
        self._place, self._remote, self._jobs = place, remote, jobs
        self._since, self._take, self._notify = since, take, notify
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self._refusals = 0
        self._problem: str | None = None

    def run(self, items: Sequence[Item], stop: Stop) -> str | None:
        """Send the items; those that the server did not take are tried once more when all others are through.

        Returns why not all were tried, or None.
        """
        left = self._round(items, stop)
        if not self._is_over(stop):
            # By a new process of wandb's: to the old one, the run that it could not begin is still in use.
            left = self._round([outcome.item for outcome in left], stop, BUSY_SECONDS)
        for outcome in left:
            self._take(outcome)
        return self._problem

    def _round(self, items: Sequence[Item], stop: Stop, patience: float = 0.0) -> list[Outcome]:
        """Send the items and return what became of those that may be tried again."""
        if not items:
            return []
        with tempfile.TemporaryDirectory(prefix="swatch-sync-", ignore_cleanup_errors=True) as name:
            try:
                with _wandb_in(Path(name)):
                    left = self._send(items, stop, Path(name), patience)
            except BaseException:
                end_service(0.0)  # It would go on with what it has for as long as it takes.
                raise
            end_service()
        return left

    def _send(self, items: Sequence[Item], stop: Stop, workplace: Path, patience: float) -> list[Outcome]:
        waiting, left, under_way = deque(items), list[Outcome](), 0
        is_calm, is_told = True, False
        while under_way or (waiting and not self._is_over(stop)):
            # After a refusal the runs under way end first: wandb's process may have to be replaced.
            is_calm = is_calm or not under_way
            while waiting and is_calm and under_way < self._jobs and not self._is_over(stop):
                self._start(waiting.popleft(), workplace, patience)
                under_way += 1
            if stop.is_wanted and not is_told:
                is_told = True
                self._notify("stopping when the runs under way are through; Ctrl-C again stops at once")
            try:
                outcome = self._outcomes.get(timeout=_POLL_SECONDS)
            except Empty:
                continue
            under_way -= 1
            if not outcome.is_worth_another_try:
                self._refusals = 0
                self._take(outcome)
                continue
            left.append(outcome)
            if outcome.kind is Kind.REFUSED:
                is_calm = False
                self._problem = self._problem or self._why_to_end(outcome)
                if not patience and not self._is_over(stop):
                    self._notify(f"{outcome.item.name}: {outcome.text}; it is tried once more at the end")
        for item in waiting:
            self._take(Outcome(item, Kind.UNSENT, Kind.UNSENT.value))
        return left

    def _is_over(self, stop: Stop) -> bool:
        return stop.is_wanted or self._problem is not None

    def _start(self, item: Item, workplace: Path, patience: float) -> None:
        def work() -> None:
            outcome = send(item, self._place, self._remote, workplace, since=self._since, patience=patience)
            self._outcomes.put(outcome)

        threading.Thread(target=work, name=f"sync-{item.run_id}", daemon=True).start()

    def _why_to_end(self, outcome: Outcome) -> str | None:
        """Return why there is no point in going on after a run that was not taken, or None."""
        self._refusals += 1
        try:
            default_entity(self._place.base_url)
        except ServerError as error:
            return str(error)
        if self._refusals >= MOST_REFUSALS:
            return f"the server took none of the last {self._refusals} runs ({outcome.text})"
        return None


@contextmanager
def _wandb_in(folder: Path) -> Iterator[None]:
    """Make wandb keep all that runs share in a folder that outlives each of them."""
    places = {"WANDB_DATA_DIR": str(folder / "wandb"), "WANDB_CACHE_DIR": str(folder)}
    earlier = {name: os.environ.get(name) for name in places}
    os.environ.update(places)
    try:
        yield
    finally:
        for name, value in earlier.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
