"""From what the user named to what is sent where."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from swatch.errors import UserError
from swatch.sweep.ledger import Ledger
from swatch.sweep.sync.folders import Folders, run_id_of
from swatch.sweep.sync.items import Item, Presence, Situation, items_of, run_item
from swatch.sweep.sync.registering import known_remote, make_remote
from swatch.sweep.sync.remote_runs import Place, default_entity, patiently
from swatch.sweep.sync.target import RunTarget, ServerSweepTarget, SweepTarget, Target, find_sweep_of
from swatch.tracking.mode import base_url
from swatch.tracking.registration import app_url, get_state, sweep_url
from swatch.tracking.remote_sweep import RemoteSweep

DEFAULT_PROJECT = "swatch"
_SENDABLE = (Presence.HERE, Presence.LEDGER)


@dataclass(frozen=True)
class SyncRequest:
    """What somebody asks for."""

    target: str
    """The id or the folder of a sweep or a run."""
    home: Path
    """The folder of runs and sweeps of this machine."""
    folders: tuple[Path, ...] = ()
    """More of that kind, or folders of run directories, or single ones."""
    storage: str | None = None
    project: str | None = None
    entity: str | None = None
    jobs: int = 4
    """How many runs are sent at a time."""
    again: bool = False
    """Whether to send what the server has already."""
    from_ledger: bool = False
    """Whether to send runs whose directories are not here from what the ledger knows."""


@dataclass(frozen=True)
class Job:
    """What to send, and where to."""

    items: Sequence[Item]
    place: Place
    remote: RemoteSweep | None
    is_finished: bool = False
    """Whether it is a sweep of ours that has ended, so that the server may be told so."""
    is_run: bool = False
    """Whether a single run was asked for."""

    @property
    def url(self) -> str:
        """The page to look at afterwards."""
        if self.remote is not None and not self.is_run:
            return sweep_url(self.remote)
        parts = [self.place.entity, self.place.project]
        parts += ["runs", self.items[0].run_id] if self.is_run else []
        return "/".join([app_url(self.place.base_url), *(quote(part, safe="") for part in parts)])


def make_job(request: SyncRequest, target: Target, notify: Callable[[str], None]) -> Job:
    """Decide what is sent where; a sweep with anything to send is registered now.

    Raises:
        ServerError: The server cannot be asked, or does not take the sweep.
        UserError: The key has no default entity, or something else that the user must mend.
    """
    if isinstance(target, SweepTarget):
        return _sweep_job(request, target, notify)
    if isinstance(target, RunTarget):
        return _run_job(request, target, notify)
    return _server_sweep_job(target)


def _sweep_job(request: SyncRequest, target: SweepTarget, notify: Callable[[str], None]) -> Job:
    situations = [Situation.of(ledger, target.sweep_id) for ledger in target.ledgers]
    sweep = situations[0].sweep
    items = items_of(situations, target.folders, from_ledger=request.from_ledger)
    remote = known_remote(target.ledgers, sweep.id, base_url(), request.entity, request.project, notify)
    if remote is not None:
        place = Place(remote.base_url, remote.entity, remote.project)
    else:
        tracked = sweep.options.get("tracking") or {}
        place = _place(request, tracked.get("entity"), tracked.get("project"))
        if any(item.presence in _SENDABLE for item in items):
            run_ids = [item.run_id for item in items]
            remote = make_remote(target.ledgers, sweep, place, run_ids, notify)
            place = Place(remote.base_url, remote.entity, remote.project)
    is_finished = all(situation.sweep.state == "finished" for situation in situations)
    return Job(items, place, remote, is_finished)


def _run_job(request: SyncRequest, target: RunTarget, notify: Callable[[str], None]) -> Job:
    directory = target.directory
    run_id, description = run_id_of(directory.path), directory.read_description()
    item, remote = run_item(directory, run_id), None
    own = None if description is None else description.remote_sweep
    if description is not None and description.sweep_id is not None:
        ledger = find_sweep_of(description.sweep_id, target.folders, request.storage)
        if ledger is not None:
            item = _trial_item(ledger, description.sweep_id, run_id, target.folders) or item
            found = (request.entity, request.project)
            remote = known_remote([ledger], description.sweep_id, base_url(), *found, notify)
    if (
        remote is None
        and own is not None
        and _fits(request, own)
        and patiently(partial(get_state, own)) is not None
    ):
        remote = own
    if remote is not None:
        return Job([item], Place(remote.base_url, remote.entity, remote.project), remote, is_run=True)
    if description is not None and description.sweep_id is not None:
        notify(
            f"its sweep is not registered there: the run goes by itself; "
            f"`swatch sync {description.sweep_id}` makes it a member"
        )
    told = directory.read_tracking()
    if told is not None and told.base_url != base_url():
        told = None  # Another server's users are not this one's.
    config = (directory.read_config() or {}).get("tracking")
    tracked = config if isinstance(config, dict) else {}
    entity = (told.entity if told else None) or tracked.get("entity")
    project = (told.project if told else None) or tracked.get("project")
    return Job([item], _place(request, entity, project), None, is_run=True)


def _server_sweep_job(target: ServerSweepTarget) -> Job:
    remote = target.remote
    if remote.base_url != base_url():
        raise UserError(f"sweep {remote.path} is W&B's own, at {remote.base_url}; set WANDB_BASE_URL to that")
    if patiently(partial(get_state, remote)) is None:
        raise UserError(f"sweep {remote.path} is W&B's own, and {remote.base_url} does not have it any more")
    items = [run_item(directory, run_id_of(directory.path)) for directory in target.directories]
    return Job(items, Place(remote.base_url, remote.entity, remote.project), remote)


def _trial_item(ledger: Ledger, sweep_id: str, run_id: str, folders: Folders) -> Item | None:
    """Return the item of the run as its sweep's ledger knows it."""
    items = items_of([Situation.of(ledger, sweep_id)], folders, from_ledger=False)
    return next((item for item in items if item.run_id == run_id), None)


def _fits(request: SyncRequest, remote: RemoteSweep) -> bool:
    """Whether a sweep stands where the user wants the run."""
    return (
        remote.base_url == base_url()
        and request.entity in (None, remote.entity)
        and request.project in (None, remote.project)
    )


def _place(request: SyncRequest, entity: str | None, project: str | None) -> Place:
    host = base_url()
    entity = request.entity or entity or os.environ.get("WANDB_ENTITY") or default_entity(host)
    if not entity:
        raise UserError(f"{host} knows no default entity for your key; name one with --entity")
    return Place(host, entity, request.project or project or DEFAULT_PROJECT)
