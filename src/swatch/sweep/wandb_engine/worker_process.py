"""A worker as its controller sees it: a process, a pipe of commands, and a pipe of events."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from swatch.files import json_text, make_folder
from swatch.sweep.launchers.processes import THREAD_VARIABLES
from swatch.sweep.wandb_engine.environment import TRANSMIT_INTERVAL, TRANSMIT_SECONDS
from swatch.sweep.wandb_engine.task import Task
from swatch.sweep.wandb_engine.worker import PIPE_VARIABLE

# A worker must not join the background process of another, and what an agent says of its run is not for it.
_NOT_INHERITED = ("WANDB_SERVICE", "WANDB_RUN_ID", "WANDB_SWEEP_ID", "WANDB_SWEEP_PARAM_PATH")


class WorkerProcess:
    """One worker, in a session of its own, so that Ctrl-C reaches the controller alone.

    It ends by itself when this process dies in any way, as the pipe of commands then ends.
    """

    def __init__(
        self,
        task: Task,
        log_file: Path,
        tell: Callable[[Mapping[str, Any]], None],
    ) -> None:
        """Start it.

        Args:
            task: What its runs have in common.
            log_file: Takes what it prints.
            tell: Called from another thread with each of its messages, and at its end with
                ``{"kind": "exit", "code": ...}``, where a signal's number is negative.
        """
        self.log_file = log_file
        self._tell = tell
        reader, writer = os.pipe()
        inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
        own = {PIPE_VARIABLE: str(writer), **dict.fromkeys(THREAD_VARIABLES, "1")}
        make_folder(log_file.parent)
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "swatch.sweep.wandb_engine"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(writer,),
                start_new_session=True,
                text=True,
                env={TRANSMIT_INTERVAL: TRANSMIT_SECONDS, **inherited, **own},
            )
        os.close(writer)
        self._send(task.as_dict())
        threading.Thread(target=self._listen, args=(reader,), name="swatch-events", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def train(self, run_id: str, values: Mapping[str, Any]) -> None:
        """Train a run next."""
        self._send({"train": run_id, "values": dict(values)})

    def stop(self, run_id: str) -> None:
        """End a run early, if it is under way."""
        self._send({"stop": run_id})

    def leave(self) -> None:
        """Finish the step, save, and go."""
        self._send({"leave": True})

    def kill(self) -> None:
        """End it at once."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)

    def last_words(self) -> str:
        """Return the last line of its log."""
        try:
            lines = self.log_file.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _send(self, command: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        # One that has died says so by its end.
        with suppress(OSError, ValueError):
            self._process.stdin.write(json_text(command) + "\n")
            self._process.stdin.flush()

    def _listen(self, reader: int) -> None:
        with os.fdopen(reader, encoding="utf-8", errors="replace") as events:
            for line in events:
                with suppress(json.JSONDecodeError):  # the last line of one that was killed
                    self._tell(json.loads(line))
        self._tell({"kind": "exit", "code": self._process.wait()})
