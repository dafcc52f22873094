"""An agent's line to W&B's server: a thread that asks for work and hears whether a run is to end."""

from __future__ import annotations

import threading
from collections.abc import Callable

from swatch.sweep.wandb_engine.protocol import RESUME, RUN, Command, heartbeat, register_agent
from swatch.tracking.graphql import ServerError
from swatch.tracking.remote_sweep import RemoteSweep

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
"""Seconds between two questions for work of an agent that was given none; they double from the one to the
other. W&B's own agents wait for five seconds each time, also between two runs."""
LEAST_BUSY_PAUSE, BUSY_PAUSE_PER_AGENT = 2.0, 0.5
"""Seconds between two heartbeats during a run: the server's stop comes with their answers. With many agents
the pauses grow, so that together they ask at most twice a second."""
FIRST_RETRY, LONGEST_RETRY = 1.0, 30.0
"""Seconds before a server that did not answer is asked again; they double."""

Hear = Callable[["AgentLink", Command | ServerError | None], None]
"""Takes, in another thread, a command, an error, or None when the server answers again after one."""


class AgentLink:
    """Registers one agent and speaks for it, from a thread of its own."""

    def __init__(self, remote: RemoteSweep, agents: int, hear: Hear) -> None:
        """Remember the sweep, the number of agents that share the server's patience, and who hears."""
        self._remote, self._hear = remote, hear
        self._busy_pause = max(LEAST_BUSY_PAUSE, BUSY_PAUSE_PER_AGENT * agents)
        self._agent_id: str | None = None
        self._lock, self._news = threading.Lock(), threading.Event()
        self._run_id: str | None = None
        self._asks = self._over = False
        threading.Thread(target=self._speak, name="swatch-agent-link", daemon=True).start()

    def ask(self) -> None:
        """Ask for a run until there is one; the run before is over."""
        self._change(None, asks=True)

    def work_on(self, run_id: str) -> None:
        """Tell the server that the agent is busy with a run."""
        self._change(run_id, asks=False)

    def end(self) -> None:
        """Say nothing more; the server misses the agent after a while."""
        self._over = True
        self._news.set()

    def _change(self, run_id: str | None, *, asks: bool) -> None:
        with self._lock:
            self._run_id, self._asks = run_id, asks
        self._news.set()

    def _speak(self) -> None:
        retry, pause = FIRST_RETRY, FIRST_PAUSE
        is_failing = False
        while not self._over:
            self._news.clear()
            with self._lock:
                run_id, speaks = self._run_id, self._asks or self._run_id is not None
            if not speaks:
                self._news.wait()
                continue
            try:
                commands = self._beat(run_id)
            except ServerError as error:
                is_failing = True
                self._hear(self, error)
                self._news.wait(retry)
                retry = min(2 * retry, LONGEST_RETRY)
                continue
            if is_failing:
                is_failing, retry = False, FIRST_RETRY
                self._hear(self, None)
            for command in commands:
                self._take(command)
            with self._lock:
                is_busy = self._run_id is not None
            self._news.wait(self._busy_pause if is_busy else pause)
            pause = FIRST_PAUSE if is_busy else min(2 * pause, LONGEST_PAUSE)

    def _beat(self, run_id: str | None) -> list[Command]:
        if self._agent_id is None:
            self._agent_id = register_agent(self._remote)
        return heartbeat(self._remote, self._agent_id, () if run_id is None else (run_id,))

    def _take(self, command: Command) -> None:
        if command.kind in (RUN, RESUME):
            with self._lock:
                # The next heartbeat must name it already, or the server takes it for lost.
                self._run_id, self._asks = command.run_id, False
        self._hear(self, command)
