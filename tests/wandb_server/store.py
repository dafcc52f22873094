"""The server's memory: everything that clients have told it, and how to find it again."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from wandb_server.execute import Refusal
from wandb_server.model import Agent, Artifact, Run, Sweep, View, now, opaque_id

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass
class Store:
    """All state; every reader and writer holds ``lock``."""

    entity: str
    seed: int = 0
    crash_seconds: float = 300.0
    """A run without a heartbeat for so long has crashed, as on W&B's server."""
    url: str = ""
    """Where the server listens; upload and download addresses begin with it."""
    runs: dict[tuple[str, str, str], Run] = field(default_factory=dict)
    sweeps: dict[str, Sweep] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    """The artifacts' files by their digests."""
    births: dict[str, str] = field(default_factory=dict)
    """The artifact that each of these files came with first."""
    client_ids: dict[str, str] = field(default_factory=dict)
    """The artifacts' ids by the ids that clients chose before they knew."""
    views: dict[str, View] = field(default_factory=dict)
    projects: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def project_of(self, arguments: dict[str, Any]) -> tuple[str, str]:
        """The entity and project that a field's or a mutation's arguments name, registered as existing."""
        entity = arguments.get("entityName") or arguments.get("entity") or self.entity
        project = (
            arguments.get("projectName")
            or arguments.get("modelName")
            or arguments.get("project")
            or "uncategorized"
        )
        key = (str(entity), str(project))
        if key not in self.projects:
            self.projects.append(key)
        return key

    def new_name(self, taken: Callable[[str], bool]) -> str:
        while True:
            name = "".join(self._random.choices(_LETTERS, k=8))
            if not taken(name):
                return name

    def new_id(self, kind: str) -> str:
        return opaque_id(kind, self.new_name(lambda name: False))

    def run(self, entity: str, project: str, name: str) -> Run | None:
        run = self.runs.get((entity, project, name))
        if run is not None:
            self._notice_crash(run)
        return run

    def run_by_id(self, storage_id: str) -> Run:
        for run in self.all_runs():
            if storage_id in (run.storage_id, run.id):
                return run
        raise Refusal("run not found", 404)

    def all_runs(self) -> Iterator[Run]:
        for run in list(self.runs.values()):
            self._notice_crash(run)
            yield run

    def runs_of(self, sweep: Sweep) -> list[Run]:
        return [run for run in self.all_runs() if is_member(run, sweep)]

    def sweep(self, name_or_id: str | None) -> Sweep | None:
        for sweep in self.sweeps.values():
            if name_or_id in (sweep.id, sweep.storage_id):
                return sweep
        return None

    def create_run(self, entity: str, project: str, name: str | None) -> Run:
        name = name or self.new_name(lambda found: (entity, project, found) in self.runs)
        run = Run(name, entity, project, number=len(self.runs) + 1)
        self.runs[entity, project, name] = run
        return run

    def _notice_crash(self, run: Run) -> None:
        silent = (now() - run.heartbeat).total_seconds()
        if run.state == "running" and silent > self.crash_seconds:
            run.state = "crashed"


def is_member(run: Run, sweep: Sweep) -> bool:
    is_near = (run.entity, run.project) == (sweep.entity, sweep.project)
    return is_near and (run.sweep == sweep.id or run.id in sweep.prior_runs)
