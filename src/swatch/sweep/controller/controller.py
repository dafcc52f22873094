"""The controller of a sweep: keeps its agents at work, obeys what is asked of the sweep, and ends it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

from swatch.errors import Interrupted, RunFailed
from swatch.sweep.agent.metric_check import early_notice
from swatch.sweep.controller.fleet import GRACE_SECONDS, POLL_SECONDS, Fleet
from swatch.sweep.controller.registrar import Registrar
from swatch.sweep.ledger.control import Control
from swatch.sweep.ledger.liveness import LivenessWatch
from swatch.sweep.ledger.view import SweepView
from swatch.sweep.opening.opening import OpenSweep
from swatch.sweep.records import SweepState, TrialState
from swatch.sweep.terminal.live import Display

SHOW_SECONDS = 0.5
WATCH_SECONDS = 5.0


class Controller:
    """Runs a sweep with its launcher's agents until it is done, is ended by somebody, or cannot go on."""

    def __init__(
        self,
        opened: OpenSweep,
        *,
        agents: int,
        display: Display,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Remember what to do; ``environment`` is added to the agents'."""
        self._opened, self._agents, self._display = opened, agents, display
        self._environment = environment or {}
        self._ledger, self._sweep_id = opened.ledger, opened.sweep.id
        self._view = SweepView(self._ledger, self._sweep_id)
        self._signals, self._looked_for_metric = 0, False
        self._state, self._count = SweepState.RUNNING, opened.sweep.count
        self._watch = LivenessWatch(one_machine=self._ledger.is_sqlite)

    def run(self) -> SweepState:
        """Run the sweep and return how it ended: finished, or stopped by order.

        Raises:
            Interrupted: Ctrl-C or SIGTERM came, or the sweep was cancelled; the agents have saved and gone.
            RunFailed: No agent is able to go on.
            UserError: Another controller runs the sweep, or an agent met something the user must mend.
        """
        registrar = Registrar(self._ledger, self._sweep_id, self._display.say)
        with Control(self._ledger, self._sweep_id), self._signals_caught(), registrar:
            self._fleet = Fleet(
                self._opened,
                self._view,
                size=self._agents,
                say=self._display.say,
                environment=self._environment,
            )
            try:
                end = self._loop()
            finally:
                self._fleet.end()
            while end is None:
                self._read_orders()
                end = self._settled()
            self._show()
            if end in (SweepState.FINISHED, SweepState.STOPPED):
                registrar.finish()
        if self._fleet.error is not None:
            raise self._fleet.error
        if end in (SweepState.INTERRUPTED, SweepState.CANCELLED):
            raise Interrupted(self._how_to_go_on(end))
        return end

    def _loop(self) -> SweepState | None:
        """Keep the agents at work; returns how the sweep ended, None if it was interrupted or cancelled."""
        self._view.refresh()
        fleet, cancelled = self._fleet, None
        shown = watched = -WATCH_SECONDS
        while True:
            fleet.reap(killed=self._signals > 1)
            if fleet.has_given_up and fleet.error is None:
                why = f"every agent gave up ({fleet.gave_up[-1]}). {self._reasons()}"
                fleet.error = RunFailed(why + self._how_to_go_on(SweepState.INTERRUPTED))
            if (now := time.monotonic()) - watched >= WATCH_SECONDS:
                self._bury_the_dead()
                watched = now
            is_changed = self._read_orders()
            changed = self._view.refresh()
            fleet.note_workers({trial.agent for trial in changed})
            if changed and not self._looked_for_metric:
                self._look_for_metric()
            if changed or is_changed or now - shown >= SHOW_SECONDS:
                self._show()
                shown = now
            if self._signals or fleet.error is not None:
                fleet.stop(at_once=self._signals > 1)
                if not fleet.count:
                    return None
            elif self._state is SweepState.CANCELLING:
                cancelled = cancelled or now
                fleet.stop(at_once=False)
                # Agents elsewhere obey by themselves; one that does not must not hold this machine.
                if not fleet.count and (not self._running() or now - cancelled > GRACE_SECONDS):
                    return None
            elif self._is_done() or self._is_stopped():
                if (end := self._settled()) is not None:
                    return end
            elif self._state is not SweepState.PAUSED:
                fleet.start(self._unclaimed())
            time.sleep(POLL_SECONDS)

    def _read_orders(self) -> bool:
        """Learn of another terminal's orders and of a new number of trials; returns whether there are any."""
        state, count = self._ledger.standing(self._sweep_id)
        if (state, count) == (self._state, self._count):
            return False
        self._state, self._count = state, count
        self._fleet.look_again()
        return True

    def _look_for_metric(self) -> None:
        """Say it once if the first epochs lack what the sweep is judged by."""
        notice = early_notice(self._opened.sweep, self._view.trials)
        if notice is not None:
            self._display.say(notice)
        self._looked_for_metric = any(trial.history for trial in self._view.trials)

    def _unclaimed(self) -> int | None:
        """Return how many trials have not begun; None for no limit."""
        if self._state is SweepState.STOPPING:
            return 0
        return None if self._count is None else self._count - len(self._view.trials)

    def _bury_the_dead(self) -> None:
        """Give back the trials of agents that are not this controller's and died unseen."""
        others = [p for p in self._ledger.processes(self._sweep_id) if p.id not in self._fleet.names]
        for process in self._watch.dead(others):
            self._ledger.goodbye(self._sweep_id, process.id, "died")

    # The end

    def _running(self) -> bool:
        return bool(self._view.in_state(TrialState.RUNNING))

    def _is_idle(self) -> bool:
        """Whether nothing has begun that is not over."""
        return not self._fleet.count and not self._view.in_state(TrialState.RUNNING, TrialState.WAITING)

    def _is_done(self) -> bool:
        enough = self._count is not None and len(self._view.trials) >= self._count
        return self._is_idle() and (self._fleet.nothing_to_claim or enough)

    def _is_stopped(self) -> bool:
        return self._state is SweepState.STOPPING and self._is_idle()

    def _settled(self) -> SweepState | None:
        """Write how the sweep ended, and return it; None if it got an order or more trials just before."""
        self._view.refresh()
        end = self._end()
        seen = (self._state, self._count)
        return end if self._ledger.end_sweep(self._sweep_id, end, seen=seen) else None

    def _end(self) -> SweepState:
        if self._fleet.error is not None:
            return SweepState.INTERRUPTED
        # Ctrl-C may come when the last trial has just ended.
        if self._is_done():
            return SweepState.FINISHED
        if self._signals:
            return SweepState.INTERRUPTED
        return SweepState.CANCELLED if self._state is SweepState.CANCELLING else SweepState.STOPPED

    def _reasons(self) -> str:
        reasons = failure_reasons(self._view)
        return f"Last failures: {'; '.join(reasons)}. " if reasons else ""

    def _how_to_go_on(self, end: SweepState) -> str:
        over = sum(trial.state.is_over for trial in self._view.trials)
        of = f" of {self._count}" if self._count is not None else ""
        return (
            f"sweep {self._sweep_id} is {end} after {over}{of} trials; the same command goes on, "
            f"or: swatch sweep --resume {self._sweep_id}"
        )

    def _show(self) -> None:
        self._view.refresh()
        self._display.update(
            self._view.trials,
            agents=self._fleet.count,
            stopping=bool(self._signals),
            sweep=replace(self._opened.sweep, state=self._state, count=self._count),
        )

    @contextmanager
    def _signals_caught(self) -> Iterator[None]:
        def receive(number: int, frame: FrameType | None) -> None:
            self._signals += 1

        # Python catches signals in the main thread alone; in another one the caller's program does.
        in_main = threading.current_thread() is threading.main_thread()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if in_main else ()
        earlier = {number: signal.signal(number, receive) for number in numbers}
        try:
            yield
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)


def failure_reasons(view: SweepView, most: int = 3) -> list[str]:
    """Return the latest different reasons of failed trials."""
    failed = view.in_state(TrialState.FAILED, TrialState.CRASHED)
    reasons = dict.fromkeys(trial.reason or "no reason" for trial in reversed(failed))
    return list(reasons)[:most]
