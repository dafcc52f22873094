"""One of the agents that a controller runs: its line to the server, its worker, and the run it has."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from swatch.sweep.wandb_engine.link import AgentLink
from swatch.sweep.wandb_engine.protocol import Command
from swatch.sweep.wandb_engine.task import Task
from swatch.sweep.wandb_engine.worker_process import WorkerProcess
from swatch.tracking.graphql import ServerError

News = tuple["Slot", Command | ServerError | Mapping[str, Any] | None]
"""What the server (a command, an error, None for an end of errors) or the worker (a message) says."""


class Slot:
    """An agent. Its worker may die and be replaced; its registration on the server stays."""

    def __init__(self, number: int, task: Task, agents: int, logs: Path, inbox: SimpleQueue[News]) -> None:
        """Start the worker; whatever is heard from it or the server comes into ``inbox``."""
        self.name = f"agent-{number}"
        self._task, self._logs, self._inbox = task, logs, inbox
        self._starts = itertools.count(1)
        self._link = AgentLink(task.remote_sweep, agents, lambda _, news: inbox.put((self, news)))
        self.run_id: str | None = None
        """The run under way, kept when its worker dies until another takes it up."""
        self.is_asking = False
        """Whether it has asked the server for a run and got none yet."""
        self.is_going_home = False
        """Whether the server has sent it home: it takes no run after the one it has."""
        self.is_closed = False
        """Whether its worker has been told to leave."""
        self.failures = 0
        """How many runs in a row have failed."""
        self.barren_starts = 0
        """How many workers in a row have died before they were ready."""
        self.is_ready = False
        """Whether the worker has imported what it needs."""
        self.worker: WorkerProcess | None = None
        self.start_worker()

    def start_worker(self) -> None:
        """Start the worker, or another one in place of one that died."""
        self.is_ready = False
        log_file = self._logs / f"{self.name}.{next(self._starts)}.log"
        self.worker = WorkerProcess(self._task, log_file, self._hear)

    def ask(self) -> None:
        """Ask the server for a run."""
        self.is_asking = True
        self._link.ask()

    def begin(self, run_id: str, values: Mapping[str, Any]) -> None:
        """Train a run."""
        self.run_id, self.is_asking = run_id, False
        self._link.work_on(run_id)
        if self.worker is not None:
            self.worker.train(run_id, values)

    def stop(self, run_id: str) -> None:
        """End a run early, if it is the one under way."""
        if self.run_id == run_id and self.worker is not None:
            self.worker.stop(run_id)

    def close(self) -> None:
        """Take no more runs; one under way ends as interrupted."""
        if self.is_closed:
            return
        self.is_closed, self.is_asking = True, False
        self._link.end()
        if self.worker is not None:
            self.worker.leave()

    def _hear(self, message: Mapping[str, Any]) -> None:
        self._inbox.put((self, message))
