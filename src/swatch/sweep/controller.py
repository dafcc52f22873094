"""The controller of a sweep: starts its agents, sees at once when one dies, and ends the sweep."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from swatch.errors import Interrupted, RunFailed, UserError
from swatch.sweep.agent import GAVE_UP
from swatch.sweep.control import Control
from swatch.sweep.home import LOGS_FOLDER
from swatch.sweep.live import Display
from swatch.sweep.liveness import LivenessWatch
from swatch.sweep.opening import OpenSweep
from swatch.sweep.processes import AgentProcess, LifeLine, describe_end
from swatch.sweep.records import TrialState
from swatch.sweep.registrar import Registrar
from swatch.sweep.view import SweepView

POLL_SECONDS = 0.1
SHOW_SECONDS = 0.5
WATCH_SECONDS = 5.0
GRACE_SECONDS = 10.0
MOST_BARREN_STARTS = 3
"""How many agents in a row may die before their first trial until the sweep is given up."""


class Controller:
    """Runs a sweep with agents on this machine until it is done, is interrupted, or cannot go on."""

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
        self._alive: list[AgentProcess] = []
        self._gave_up: list[str] = []
        self._nothing_to_claim = False
        self._barren_starts = 0
        self._signals = 0
        self._error: UserError | RunFailed | None = None
        self._watch = LivenessWatch(one_machine=self._ledger.is_sqlite)
        self._worked: set[str | None] = set()

    def run(self) -> None:
        """Run the sweep.

        Raises:
            Interrupted: Ctrl-C or SIGTERM came; the agents have saved and gone.
            RunFailed: No agent is able to go on.
            UserError: Another controller runs the sweep, or an agent met something the user must mend.
        """
        registrar = Registrar(self._ledger, self._sweep_id, self._display.say)
        with Control(self._ledger, self._sweep_id), self._signals_caught(), registrar:
            self._life_line = LifeLine()
            try:
                self._loop()
            finally:
                self._end_agents()
                self._life_line.close()
            # Ctrl-C may come when the last trial has just ended.
            done = self._error is None and self._is_done()
            self._ledger.update_sweep(self._sweep_id, state="finished" if done else "interrupted")
            self._show()
            if done:
                registrar.finish()
        if self._error is not None:
            raise self._error
        if not done:
            raise Interrupted(self._how_to_go_on())

    def _loop(self) -> None:
        self._view.refresh()
        shown = watched = -WATCH_SECONDS
        while True:
            self._reap()
            if (now := time.monotonic()) - watched >= WATCH_SECONDS:
                self._bury_the_dead()
                watched = now
            changed = self._view.refresh()
            self._worked |= {trial.agent for trial in changed}
            if changed or now - shown >= SHOW_SECONDS:
                self._show()
                shown = now
            if self._signals or self._error is not None:
                self._stop_agents()
                if not self._alive:
                    return
            elif self._is_done():
                return
            else:
                self._start_agents()
            time.sleep(POLL_SECONDS)

    # Agents

    def _start_agents(self) -> None:
        """Start agents for the work there is, up to the number asked for."""
        waiting = len(self._view.in_state(TrialState.WAITING))
        count = self._opened.sweep.count
        unclaimed = 0 if self._nothing_to_claim else self._agents
        if count is not None:
            unclaimed = min(unclaimed, count - len(self._view.trials))
        running = sum(
            t.agent in {a.name for a in self._alive} for t in self._view.in_state(TrialState.RUNNING)
        )
        free = len(self._alive) - running
        wanted = min(self._agents - len(self._gave_up) - len(self._alive), waiting + unclaimed - free)
        for _ in range(wanted):
            agent = AgentProcess(
                self._sweep_id,
                self._ledger.url,
                self._life_line,
                self._opened.directory / LOGS_FOLDER,
                self._environment,
            )
            self._alive.append(agent)

    def _reap(self) -> None:
        """Take ended agents off the books; one that crashed gives its trial back."""
        for agent in list(self._alive):
            code = agent.exit_code()
            if code is None:
                continue
            self._alive.remove(agent)
            if code == 0:
                self._nothing_to_claim = True
            elif code == GAVE_UP:
                self._gave_up.append(agent.last_words())
                self._display.say(f"{agent.name} stopped: {agent.last_words()}")
            elif code == 2:
                self._error = UserError(agent.last_words().removeprefix("swatch: "))
            elif self._signals > 1:
                self._ledger.goodbye(self._sweep_id, agent.name, "killed by Ctrl-C", state="interrupted")
            elif code != 130:
                self._bury(agent, code)
        if self._gave_up and len(self._gave_up) == self._agents and self._error is None:
            self._error = RunFailed(
                f"every agent gave up ({self._gave_up[-1]}). {self._reasons()}{self._how_to_go_on()}"
            )

    def _bury(self, agent: AgentProcess, code: int) -> None:
        reason = describe_end(code)
        returned = self._ledger.goodbye(self._sweep_id, agent.name, reason)
        has_worked = bool(returned) or agent.name in self._worked
        self._barren_starts = 0 if has_worked else self._barren_starts + 1
        trials = ", ".join(f"trial {number}" for number in returned)
        self._display.say(
            f"{agent.name} died ({reason})" + (f"; {trials} will be taken up again" if trials else "")
        )
        if self._barren_starts >= MOST_BARREN_STARTS:
            self._error = RunFailed(
                f"{self._barren_starts} agents in a row died before their first trial ({reason}): "
                f"{agent.last_words()} (log: {agent.log_file})"
            )

    def _bury_the_dead(self) -> None:
        """Give back the trials of agents that are not this controller's and died unseen."""
        own = {agent.name for agent in self._alive}
        others = [p for p in self._ledger.processes(self._sweep_id) if p.id not in own]
        for process in self._watch.dead(others):
            self._ledger.goodbye(self._sweep_id, process.id, "died")

    def _stop_agents(self) -> None:
        for agent in self._alive:
            if self._signals > 1:
                agent.kill()
            elif agent.name not in self._asked:
                agent.ask_to_stop()
                self._asked.add(agent.name)

    def _end_agents(self) -> None:
        """Leave no agent behind when something went wrong here."""
        for agent in self._alive:
            agent.ask_to_stop()
        deadline = time.monotonic() + GRACE_SECONDS
        for agent in self._alive:
            while agent.exit_code() is None and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
            agent.kill()
            agent.wait()
            with suppress(UserError):
                self._ledger.goodbye(self._sweep_id, agent.name, "lost its controller", state="interrupted")
        self._alive.clear()

    # The end

    def _is_done(self) -> bool:
        if self._alive or self._view.in_state(TrialState.RUNNING, TrialState.WAITING):
            return False
        count = self._opened.sweep.count
        return self._nothing_to_claim or (count is not None and len(self._view.trials) >= count)

    def _reasons(self) -> str:
        reasons = failure_reasons(self._view)
        return f"Last failures: {'; '.join(reasons)}. " if reasons else ""

    def _how_to_go_on(self) -> str:
        over = sum(trial.state.is_over for trial in self._view.trials)
        of = f" of {self._opened.sweep.count}" if self._opened.sweep.count is not None else ""
        return (
            f"sweep {self._sweep_id} is interrupted after {over}{of} trials; the same command goes on, "
            f"or: swatch sweep --resume {self._sweep_id}"
        )

    def _show(self) -> None:
        self._view.refresh()
        self._display.update(self._view.trials, agents=len(self._alive), stopping=bool(self._signals))

    @contextmanager
    def _signals_caught(self) -> Iterator[None]:
        self._asked: set[str] = set()

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
