"""What runs on a node of a Ray cluster: an actor that starts one agent and watches it."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from swatch.sweep.launchers.processes import AgentProcess, LifeLine


class AgentActor:
    """Starts an agent as a process of its node; when the actor dies, the agent saves and leaves.

    Its methods are called from several threads: one waits for the end while others send signals.
    """

    def __init__(
        self, name: str, sweep_id: str, url: str, logs: str, folder: str, environment: Mapping[str, str]
    ) -> None:
        """Start the agent in ``folder``, from which relative paths count on every node."""
        os.chdir(folder)
        self._life_line = LifeLine()
        self._agent = AgentProcess(sweep_id, url, self._life_line, Path(logs), environment, name=name)

    def host(self) -> str:
        """Return the node's name; an answer says that the agent has started."""
        return socket.gethostname()

    def end(self) -> int:
        """Wait for the agent's end and return its exit code, a signal's number negated."""
        self._agent.wait()
        code = self._agent.exit_code()
        assert code is not None
        return code

    def stop(self) -> None:
        """Have the agent finish the step, save and leave."""
        self._agent.ask_to_stop()

    def kill(self) -> None:
        """End the agent at once."""
        self._agent.kill()
