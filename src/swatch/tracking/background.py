"""Tracking in the background: a training hands its facts over and goes on.

Every run has a thread of its own, so that one whose server is slow does not hold up the next. Their number
is bounded: what would queue up behind a server that is too slow stays in the run directory, from which it
can be sent later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from swatch.tracking.breaker import Breaker
from swatch.tracking.state import TrackingState
from swatch.tracking.tracker import Record, RunDescription, SampleImages
from swatch.tracking.wandb_process import end_service, one_line
from swatch.tracking.wandb_tracker import WandbTracker

MOST_RUNS = 4
"""Runs of one process that are sent at the same time."""
MOST_WAITING = 8
"""Runs that wait for their turn."""
LEAVE_SECONDS = 4.5
"""The longest that a process waits for its runs to be sent before it ends; with what it waits besides, less
than five seconds."""
INTERRUPTED_SECONDS = 2.0
"""The same for one that was told to stop."""
START_SECONDS = 30.0
"""How long a process that leaves waits while wandb itself is still being imported and started: on a busy
machine or a slow disk that takes longer than short trials, and no server has been asked for anything yet."""
SENDING_SECONDS = 1.0
"""What the runs then have at least to be sent."""
_EARLIER_SECONDS = 60.0
_TICK_SECONDS = 0.05
BUSY = "too many earlier runs were still on their way to the server"
CUT_OFF = "it was still on its way to the server when the process ended"

_turns = threading.BoundedSemaphore(MOST_RUNS)
_lock = threading.Lock()
_under_way: set[BackgroundTracker] = set()
_unsent: set[str] = set()
_breaker = Breaker()


class BackgroundTracker:
    """Does what it is told in a thread; none of its methods raises or waits, except :meth:`wait`."""

    def __init__(self, tracker: WandbTracker) -> None:
        """Remember whom to call.

        Args:
            tracker: Called from one other thread, in the order of the calls here.
        """
        self.tracker = tracker
        self.run_id = ""
        self._breaker = _breaker
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._done = threading.Event()
        self._done.set()
        self.is_open = False
        """Whether more may be handed over: it has been started and not finished."""
        self._is_cut_off = False

    @property
    def state(self) -> TrackingState:
        """What has become of the run so far."""
        return self.tracker.state

    def start(self, run: RunDescription, history: Sequence[Record] = ()) -> None:
        """Begin; the run stays here if too many others are on their way."""
        with _lock:
            _under_way.difference_update([one for one in _under_way if one.is_done])
            earlier = [one for one in _under_way if one.run_id == run.run_id]
            self.run_id = run.run_id
            self.is_open = len(_under_way) < MOST_RUNS + MOST_WAITING
            if self.is_open:
                _under_way.add(self)
        if not self.is_open:
            self.tracker.give_up(BUSY)
            _note_end(run.run_id, self.state)
            return
        self._done.clear()
        kept = list(history)
        self._calls.put(lambda: self.tracker.start(run, kept))
        threading.Thread(
            target=self._work, args=(earlier,), name=f"tracking-{run.run_id}", daemon=True
        ).start()

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Log one epoch."""
        kept = dict(metrics)
        self._hand_over(lambda: self.tracker.log(step, kept))

    def confusion_matrix(self, name: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Log a confusion matrix."""
        self._hand_over(lambda: self.tracker.confusion_matrix(name, labels, counts))

    def samples(self, name: str, samples: SampleImages) -> None:
        """Log images."""
        self._hand_over(lambda: self.tracker.samples(name, samples))

    def model(self, path: Path, metadata: Mapping[str, Any]) -> None:
        """Log the weights; the file must stay as it is."""
        self._hand_over(lambda: self.tracker.model(path, metadata))

    def finish(self, status: str, reason: str | None, summary: Mapping[str, Any]) -> None:
        """End the run; nothing may follow."""
        self._hand_over(lambda: self.tracker.finish(status, reason, summary))
        self._calls.put(None)
        self.is_open = False

    @property
    def is_done(self) -> bool:
        """Whether everything was done that could be done."""
        return self._done.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end of what was handed over, at most so long; return whether it was reached."""
        return self._done.wait(max(seconds, 0.0))

    def wait_through_start(self, seconds: float) -> bool:
        """The same, but longer while wandb itself is still being started."""
        _pass(seconds, [self], through_start=True)
        return self.is_done

    def cut_off(self) -> None:
        """Stop after the call under way: the process ends."""
        self._is_cut_off = True
        self._calls.put(None)
        self.tracker.give_up(CUT_OFF)
        _note_end(self.run_id, self.state)

    def _hand_over(self, call: Callable[[], None]) -> None:
        if self.is_open:
            self._calls.put(call)

    def _work(self, earlier: Sequence[BackgroundTracker]) -> None:
        try:
            for one in earlier:  # The attempt before this one, of the same name on the server.
                one.wait(_EARLIER_SECONDS)
            with _turns:
                problem = self._breaker.problem() if self.state.mode == "online" else None
                if problem is not None:
                    self.tracker.give_up(problem)
                    return
                is_refused = False
                while (call := self._calls.get()) is not None and not self._is_cut_off:
                    call()
                    if self.tracker.is_refused and not is_refused:
                        is_refused = True
                        self._breaker.note(self.state.problem)
                if self.state.sent:
                    self._breaker.note(None)
        except Exception as error:  # noqa: BLE001 - nobody would see it: the run's file says it
            self.tracker.give_up(one_line(error))
        finally:
            _note_end(self.run_id, self.state)
            self._done.set()


def drain(seconds: float = LEAVE_SECONDS, *, through_start: bool = False) -> bool:
    """Wait for all runs of this process, at most so long in total; return whether all were through.

    Whoever ends the process calls it: wandb's service ends with it, and is killed if it has not by then.
    Runs that were not through stay to be sent from their directories.

    Args:
        seconds: At most so long.
        through_start: Whether to wait longer while wandb itself is still being started.
    """
    global _turns
    with _lock:
        waiting = list(_under_way)
        _under_way.clear()
    left = _pass(seconds, [one for one in waiting if not one.is_open], through_start=through_start)
    late = [one for one in waiting if one.is_open or not one.is_done]
    if late:
        _breaker.note(CUT_OFF)
        # Theirs may not come back soon.
        _turns = threading.BoundedSemaphore(MOST_RUNS)
    for one in late:
        one.cut_off()
    if waiting:
        end_service(0.0 if late else left)
    return not late


def _pass(seconds: float, waiting: Sequence[BackgroundTracker], *, through_start: bool) -> float:
    """Wait until all are done, at most so long, and return how much of the time is left."""
    now = time.monotonic()
    end, latest = now + seconds, now + (START_SECONDS if through_start else 0.0)
    while now < end and (late := [one for one in waiting if not one.is_done]):
        late[0].wait(min(_TICK_SECONDS, end - now))
        now = time.monotonic()
        if now < latest and any(one.tracker.is_starting for one in late):
            end = max(end, now + SENDING_SECONDS)
    return max(end - now, 0.0)


def unsent_runs() -> int:
    """Return how many runs of this process were to go to a server and are not all there."""
    return len(_unsent)


def _note_end(run_id: str, state: TrackingState) -> None:
    with _lock:
        if state.mode == "online" and not state.sent:
            _unsent.add(run_id)
        else:
            _unsent.discard(run_id)
