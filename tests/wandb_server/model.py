"""What the server remembers: runs, sweeps, agents, artifacts and the requests that it got."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import yaml

HISTORY, SUMMARY, EVENTS, OUTPUT = (
    "wandb-history.jsonl",
    "wandb-summary.json",
    "wandb-events.jsonl",
    "output.log",
)


def now() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def opaque_id(kind: str, *parts: str) -> str:
    """An id as W&B's GraphQL hands out, opaque to the client: base64, with its padding."""
    return base64.b64encode(":".join([kind, "v1", *parts]).encode()).decode()


@dataclass
class Request:
    """One request as it came in; neither its headers nor its body are kept."""

    time: float
    method: str
    path: str
    operation: str = ""
    """The operation's own name; empty outside of GraphQL."""
    fields: tuple[str, ...] = ()
    """The root fields that it asked for."""
    status: int = 0
    """The answer's HTTP status; 0 as long as there is none, and where the connection was closed without."""


@dataclass(eq=False)
class Run:
    """A run."""

    id: str
    entity: str
    project: str
    number: int
    """Counts the server's runs in the order of their creation."""
    state: str = "running"
    display_name: str = ""
    wire_config: dict[str, Any] = field(default_factory=dict)
    """The config in W&B's form: name to ``{"value": ...}``, ``_wandb`` included."""
    summary: dict[str, Any] = field(default_factory=dict)
    streams: dict[str, list[str]] = field(default_factory=dict)
    """The lines of each streamed file."""
    files: dict[str, bytes] = field(default_factory=dict)
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    description: str | None = None
    tags: list[str] = field(default_factory=list)
    host: str | None = None
    program: str | None = None
    commit: str | None = None
    repo: str | None = None
    sweep: str | None = None
    """The id of the sweep that the run belongs to."""
    agent: str | None = None
    created: datetime = field(default_factory=now)
    heartbeat: datetime = field(default_factory=now)
    exit_code: int | None = None
    stop_requested: bool = False
    upserts: int = 0
    """How often a client created or updated the run."""
    starts: int = 0
    """How often a client began the run: 2 after it was resumed or overwritten once."""
    used_artifacts: list[str] = field(default_factory=list)

    @property
    def storage_id(self) -> str:
        return opaque_id("Run", self.id, self.project, self.entity)

    @property
    def path(self) -> str:
        return f"{self.entity}/{self.project}/{self.id}"

    @property
    def config(self) -> dict[str, Any]:
        """The config as plain values, without W&B's own part."""
        return {
            key: entry.get("value") if isinstance(entry, dict) else entry
            for key, entry in self.wire_config.items()
            if key not in ("_wandb", "wandb_version")
        }

    @property
    def history(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.streams.get(HISTORY, []) if line]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.streams.get(EVENTS, []) if line]

    @property
    def output(self) -> list[str]:
        return self.streams.get(OUTPUT, [])


@dataclass(eq=False)
class Agent:
    """One agent of a sweep, as it registered itself."""

    id: str
    sweep: str
    host: str
    created: datetime = field(default_factory=now)
    heartbeat: datetime = field(default_factory=now)
    running: list[str] = field(default_factory=list)
    """The runs that it said are running."""
    assigned: list[str] = field(default_factory=list)
    """All runs that it was given."""
    dismissed: bool = False
    """It was told to exit."""


@dataclass(eq=False)
class Sweep:
    """A sweep."""

    id: str
    entity: str
    project: str
    config_text: str
    state: str = "PENDING"
    display_name: str | None = None
    description: str | None = None
    controller: str | None = None
    scheduler: str | None = None
    controller_run: str = ""
    prior_runs: list[str] = field(default_factory=list)
    queue: list[str] = field(default_factory=list)
    """Runs that wait for an agent: enqueued by a scheduler, or to be resumed."""
    given: list[dict[str, Any]] = field(default_factory=list)
    """The points that the server has drawn, in that order."""
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)

    @property
    def storage_id(self) -> str:
        return opaque_id("Sweep", self.id, self.project, self.entity)

    @property
    def config(self) -> dict[str, Any]:
        return dict(yaml.safe_load(self.config_text) or {})

    @property
    def metric(self) -> tuple[str, str]:
        """The metric's name (empty without one) and its goal."""
        metric = self.config.get("metric") or {}
        return str(metric.get("name") or ""), str(metric.get("goal") or "minimize")


@dataclass(eq=False)
class Artifact:
    """One version of an artifact."""

    id: str
    entity: str
    project: str
    type: str
    name: str
    """The collection's name, without a version."""
    version: int
    digest: str
    state: str = "PENDING"
    digest_algorithm: str | None = None
    description: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    run: str | None = None
    used_by: list[str] = field(default_factory=list)
    manifest: bytes = b""
    created: datetime = field(default_factory=now)
    ttl: int | None = None
    history_step: int | None = None

    @property
    def entries(self) -> dict[str, dict[str, Any]]:
        """The manifest's entries, references included, by their path in the artifact."""
        return dict(json.loads(self.manifest or b"{}").get("contents") or {})


@dataclass(eq=False)
class View:
    """A saved workspace or a report."""

    id: str
    entity: str
    project: str
    type: str = "runs"
    name: str = ""
    display_name: str = ""
    description: str = ""
    spec: str = "{}"
    """What it shows, in JSON of W&B's own making."""
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
