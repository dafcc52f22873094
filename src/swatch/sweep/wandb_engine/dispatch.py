"""Which run an agent gets next, and what the server's commands mean for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from swatch.sweep.records import TrialState
from swatch.sweep.wandb_engine.opening import OpenServerSweep
from swatch.sweep.wandb_engine.protocol import EXIT, RESUME, RUN, STOP, Command
from swatch.sweep.wandb_engine.slot import Slot
from swatch.tracking.graphql import Refused, ServerError


class Dispatch:
    """Gives work to agents: first the runs that were interrupted here, then those of the server."""

    def __init__(self, opened: OpenServerSweep, slots: Sequence[Slot], say: Callable[[str], None]) -> None:
        """Remember the sweep, its agents (the list may still grow), and who tells the user."""
        self._opened, self._slots, self._say = opened, slots, say
        self._trials = opened.trials
        self._waiting = self._trials.waiting()
        self.is_over = False
        """Whether nothing is given out any more."""
        self._is_silent = False
        """Whether the server does not answer."""

    def useful_agents(self, agents: int) -> int:
        """Return how many of ``agents`` will have something to do."""
        return agents if self._budget is None else min(agents, len(self._waiting) + self._budget)

    @property
    def _budget(self) -> int | None:
        """How many runs may still be asked for; None for no limit."""
        if self._opened.wanted is None:
            return None
        asked = sum(slot.is_asking for slot in self._slots)
        return max(0, self._opened.wanted - len(self._trials) - asked)

    def next(self, slot: Slot) -> None:
        """Give an idle agent a run, or let it ask for one, or send it home."""
        if self.is_over or slot.is_going_home:
            slot.close()
        elif self._waiting:
            self.begin(slot, run_id := self._waiting.pop(0), self._trials.values[run_id])
        elif self._budget == 0:
            slot.close()
        else:
            slot.ask()

    def begin(self, slot: Slot, run_id: str, values: Mapping[str, Any]) -> None:
        """Let an agent train a run."""
        self._trials.begin(run_id, values, slot.name, self._opened.seed)
        slot.begin(run_id, values)

    def obey(self, slot: Slot, command: Command) -> None:
        """Do what the server says."""
        if command.kind in (RUN, RESUME):
            # Of a run that it gives out again the server knows more than its point, and we know the point.
            values = self._trials.values.get(command.run_id, command.values)
            if slot.is_closed:
                # It was on its way when the user ended us; the next start trains it.
                self._trials.begin(command.run_id, values, slot.name, self._opened.seed)
                self._trials.end(command.run_id, TrialState.WAITING, "not begun")
            else:
                self.begin(slot, command.run_id, values)
        elif command.kind == STOP:
            slot.stop(command.run_id)
        elif command.kind == EXIT:
            if slot.run_id is not None:
                slot.stop(slot.run_id)
            self._send_home(slot)
        else:
            self._say(f"{slot.name}: W&B's server says '{command.kind}', which is not known here")

    def hear(self, slot: Slot, error: ServerError | None) -> None:
        """Take an error of an agent's line, or None when the server answers again; the user is told once."""
        if error is None:
            if self._is_silent:
                self._is_silent = False
                self._say("W&B's server answers again")
        elif isinstance(error, Refused) and error.status == 404:
            if not slot.is_going_home:
                self._say(f"{slot.name} goes home: W&B's server knows the sweep no more")
            self._send_home(slot)
        elif not self._is_silent:
            self._is_silent = True
            self._say(f"{error}; runs under way go on, and the agents keep asking")

    def _send_home(self, slot: Slot) -> None:
        """Let an agent go as soon as it has no run."""
        slot.is_going_home = True
        if slot.run_id is None:
            slot.close()
