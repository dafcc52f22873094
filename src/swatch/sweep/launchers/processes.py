"""Agents as processes of their own, started and watched by a controller."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from swatch.files import make_folder
from swatch.sweep.launchers.base import last_line, new_name

NAME_VARIABLE = "SWATCH_AGENT_NAME"
PIPE_VARIABLE = "SWATCH_CONTROLLER_PIPE"
STORAGE_VARIABLE = "SWATCH_STORAGE"
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class LifeLine:
    """A pipe whose write end only the controller holds: its death, of any kind, ends the agents' reads."""

    def __init__(self) -> None:
        self.read_end, self._write_end = os.pipe()

    def close(self) -> None:
        """Let go of both ends."""
        os.close(self.read_end)
        os.close(self._write_end)


class AgentProcess:
    """One ``swatch agent`` in a session of its own, so that Ctrl-C reaches the controller alone."""

    def __init__(
        self,
        sweep_id: str,
        url: str,
        life_line: LifeLine,
        logs: Path,
        environment: Mapping[str, str],
        *,
        name: str | None = None,
    ) -> None:
        self.name = name or new_name()
        self.log_file = make_folder(logs) / f"{self.name}.log"
        own = {NAME_VARIABLE: self.name, PIPE_VARIABLE: str(life_line.read_end), STORAGE_VARIABLE: url}
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                # The URL is in the environment and not among the arguments, which everybody can read.
                [sys.executable, "-m", "swatch", "agent", sweep_id],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(life_line.read_end,),
                start_new_session=True,
                env={**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1"), **environment, **own},
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return the exit code (a signal's number negated), or None while it lives."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Finish the step, save, give the trial back, and leave."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._send(signal.SIGKILL)

    def wait(self) -> None:
        """Wait for its end."""
        self._process.wait()

    def describe_end(self) -> str:
        """Return how it ended, in words."""
        code = self.exit_code()
        return "it still lives" if code is None else describe_end(code)

    def last_words(self) -> str:
        """Return the last line of its log."""
        return last_line(self.log_file)

    def _send(self, number: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)


class LocalLauncher:
    """Starts agents on this machine, which all end with this process."""

    queues = False

    def __init__(self, sweep_id: str, url: str, logs: Path, environment: Mapping[str, str]) -> None:
        """Remember what each agent is given."""
        self._sweep_id, self._url, self._logs, self._environment = sweep_id, url, logs, environment
        self._life_line = LifeLine()

    def start(self) -> AgentProcess:
        """Start one more agent."""
        return AgentProcess(self._sweep_id, self._url, self._life_line, self._logs, self._environment)

    def close(self) -> None:
        """Let go of the life line."""
        self._life_line.close()


def describe_end(code: int) -> str:
    """Return how a process ended, in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
