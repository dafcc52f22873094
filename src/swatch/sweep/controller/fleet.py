"""The agents of one controller: started for the work there is, watched, told to stop, never left behind."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from swatch.errors import RunFailed, UserError
from swatch.sweep.agent.agent import GAVE_UP, INTERRUPTED
from swatch.sweep.home import LOGS_FOLDER
from swatch.sweep.launchers import LOST, AgentHandle, make_launcher
from swatch.sweep.ledger.view import SweepView
from swatch.sweep.names import counted
from swatch.sweep.opening.opening import OpenSweep
from swatch.sweep.records import SweepState, TrialState

POLL_SECONDS = 0.1
GRACE_SECONDS = 10.0
REFUSED_SECONDS = 60.0
"""How long a cluster that has refused an agent is left in peace."""
MOST_BARREN_STARTS = 3
"""How many agents in a row may die before they are ready until the sweep is given up."""
MOST_BARREN_AGENTS = 10
"""How many in a row may be ready and die before their first trial: somebody may be killing them."""


class Fleet:
    """The agents that one launcher starts; ``view`` is refreshed by whoever owns it."""

    def __init__(
        self,
        opened: OpenSweep,
        view: SweepView,
        *,
        size: int,
        say: Callable[[str], None],
        environment: Mapping[str, str],
    ) -> None:
        """Remember what to do; ``environment`` is added to the agents'."""
        self._opened, self._view, self._size = opened, view, size
        self._say = say
        self._ledger, self._sweep_id = opened.ledger, opened.sweep.id
        self._launcher = make_launcher(
            opened.sweep.options.get("launcher", {}),
            self._sweep_id,
            self._ledger.url,
            opened.directory / LOGS_FOLDER,
            environment,
        )
        self._alive: list[AgentHandle] = []
        self._asked: set[str] = set()
        self._worked: set[str | None] = set()
        self._barren_starts = 0
        self._not_before = 0.0
        self._outdated: set[str] = set()
        self.gave_up: list[str] = []
        """The last words of the agents that failed too often in a row."""
        self.error: UserError | RunFailed | None = None
        """What the sweep cannot go on with."""
        self.nothing_to_claim = False
        """An agent found nothing left to try."""

    @property
    def count(self) -> int:
        """How many agents live."""
        return len(self._alive)

    @property
    def names(self) -> set[str]:
        """The ledger's names of the living agents."""
        return {agent.name for agent in self._alive}

    @property
    def has_given_up(self) -> bool:
        """Whether every agent failed too often in a row."""
        return len(self.gave_up) == self._size

    def start(self, unclaimed: int | None) -> None:
        """Start agents for waiting trials and ``unclaimed`` new points (None: no limit), up to the size."""
        new = 0 if self.nothing_to_claim else self._size
        if unclaimed is not None:
            new = min(new, unclaimed)
        waiting = len(self._view.in_state(TrialState.WAITING))
        running = sum(trial.agent in self.names for trial in self._view.in_state(TrialState.RUNNING))
        free = self.count - running
        for _ in range(min(self._size - len(self.gave_up) - self.count, waiting + new - free)):
            if not self._launch():
                break
        self._release(waiting + new)

    def _launch(self) -> bool:
        """Start an agent; while others live, one that is refused is tried again later."""
        if time.monotonic() < self._not_before:
            return False
        try:
            self._alive.append(self._launcher.start())
        except UserError as error:
            if not self._alive:
                self.error = error
                return False
            if not self._not_before:
                self._say(f"{error}; going on with {counted(self.count, 'agent')}")
            self._not_before = time.monotonic() + REFUSED_SECONDS
            return False
        return True

    def _release(self, needed: int) -> None:
        """Take agents back whose turn has not come if there is nothing left for them to do."""
        known = self._asked | self._worked
        if not self._launcher.queues or needed or self.names <= known:
            return
        known |= {process.id for process in self._ledger.processes(self._sweep_id)}
        for agent in self._alive:
            if agent.name not in known:
                agent.ask_to_stop()
                self._asked.add(agent.name)

    def look_again(self) -> None:
        """Forget that there was nothing to claim, as there may be now; living agents may still say it."""
        self.nothing_to_claim = False
        self._outdated |= self.names

    def note_workers(self, names: set[str | None]) -> None:
        """Take note of agents that got as far as a trial."""
        self._worked |= names

    def reap(self, *, killed: bool) -> None:
        """Take ended agents off the books; one that crashed gives its trial back.

        ``killed`` says that the user wanted them ended at once.
        """
        for agent in list(self._alive):
            code = agent.exit_code()
            if code is None:
                continue
            self._alive.remove(agent)
            if code == 0:
                self.nothing_to_claim |= agent.name not in self._outdated
            elif code == GAVE_UP:
                self.gave_up.append(agent.last_words())
                self._say(f"{agent.name} stopped: {agent.last_words()}")
            elif code == 2:
                self.error = UserError(agent.last_words().removeprefix("swatch: "))
            elif killed or (agent.name in self._asked and code in (-signal.SIGTERM, LOST)):
                # One that was asked to stop while it started, or was leaving, had no handler for it.
                why = "killed by Ctrl-C" if killed else "told to stop"
                self._ledger.goodbye(self._sweep_id, agent.name, why, state="interrupted")
            elif code != INTERRUPTED:
                self._bury(agent)
            elif self._launcher.queues and agent.name not in self._asked and self._is_running():
                self._say(f"{agent.name} was told to leave ({agent.describe_end()}); another takes its place")

    def stop(self, *, at_once: bool) -> None:
        """Have every agent finish its step, save and leave, or kill it."""
        for agent in self._alive:
            if at_once:
                agent.kill()
            elif agent.name not in self._asked:
                agent.ask_to_stop()
                self._asked.add(agent.name)

    def end(self) -> None:
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
        self._launcher.close()

    def _is_running(self) -> bool:
        return self._ledger.standing(self._sweep_id)[0] is SweepState.RUNNING

    def _bury(self, agent: AgentHandle) -> None:
        reason = agent.describe_end()
        was_ready = any(process.id == agent.name for process in self._ledger.processes(self._sweep_id))
        returned = self._ledger.goodbye(self._sweep_id, agent.name, reason)
        has_worked = bool(returned) or agent.name in self._worked
        self._barren_starts = 0 if has_worked else self._barren_starts + 1
        trials = ", ".join(f"trial {number}" for number in returned)
        self._say(f"{agent.name} died ({reason})" + (f"; {trials} will be taken up again" if trials else ""))
        most = MOST_BARREN_AGENTS if was_ready else MOST_BARREN_STARTS
        if self._barren_starts >= most and self.error is None:
            self.error = RunFailed(
                f"{self._barren_starts} agents in a row died before their first trial ({reason}): "
                f"{agent.last_words()} (log: {agent.log_file})"
            )
