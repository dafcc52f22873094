"""From the command's words to a saved workspace: what it is about, where it goes, and saving it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from swatch.errors import UserError
from swatch.report.workspace import sources
from swatch.report.workspace.library import load_library, talking
from swatch.report.workspace.panels import sections
from swatch.report.workspace.saving import save_report, save_workspace
from swatch.report.workspace.subject import Subject
from swatch.sweep.home import default_home, storage_of, sweep_folder
from swatch.sweep.ledger import Ledger
from swatch.sweep.records import SweepRecord, TrialRecord
from swatch.tracking.graphql import ServerError, ask
from swatch.tracking.mode import base_url
from swatch.tracking.remote_sweep import RemoteSweep

_VIEWER = "query DefaultEntity { viewer { entity } }"
_PROJECT = """
query FindProject($entity: String, $project: String) {
  project(name: $project, entityName: $entity) { name }
}
"""


@dataclass(frozen=True)
class Addresses:
    """Where to look now."""

    workspace: str
    report: str | None
    notice: str
    """What the user should know about it, one line; empty if nothing."""


def set_up(
    sweep: str | None = None,
    *,
    project: str | None = None,
    entity: str | None = None,
    report: bool = False,
    storage: str | None = None,
) -> Addresses:
    """Save a workspace, and a report if asked for, on the server that ``WANDB_BASE_URL`` names.

    Args:
        sweep: A sweep of ours by its id, or any sweep of the server's as ``ENTITY/PROJECT/ID``; None for all
            runs of a project.
        project: None for the sweep's, else ``WANDB_PROJECT``, else that of the config.
        entity: None for the sweep's, else ``WANDB_ENTITY``, else the key's default.
        report: Whether to save a report too.
        storage: The database of the sweep; None for the file in its folder.

    Raises:
        UserError: The library is missing, there is no such sweep or project, or the server refuses.
    """
    library = load_library()
    host = base_url()
    try:
        subject, entity, project = _find(host, sweep, entity, project, storage)
    except ServerError as error:
        raise UserError(str(error)) from None
    with talking(host):
        panels = sections(library.reports, subject)
        view = save_workspace(library, subject, panels, entity, project)
        page = save_report(library, subject, panels, entity, project) if report else None
    return Addresses(view, page, subject.notice)


def _find(
    host: str, sweep: str | None, entity: str | None, project: str | None, storage: str | None
) -> tuple[Subject, str, str]:
    """Return the subject and the entity and project that exist on the server."""
    if sweep is None:
        from swatch.compose import compose

        settings = compose().settings
        entity, project = _place(
            host,
            entity or os.environ.get("WANDB_ENTITY") or settings.tracking.entity,
            project or os.environ.get("WANDB_PROJECT") or settings.tracking.project,
        )
        training = settings.training
        subject = sources.of_project(host, entity, project, metric=training.monitor, goal=training.goal)
        return subject, entity, project
    remote = _remote(host, sweep) if "/" in sweep else _of_their_engine(sweep)
    if remote is not None:
        if remote.base_url != host:
            raise UserError(f"sweep {sweep} stands on {remote.base_url}, not on {host}; set WANDB_BASE_URL.")
        if entity is not None or project is not None:
            raise UserError(
                f"{sweep} stands in {remote.entity}/{remote.project}; leave out --entity and --project."
            )
        subject = sources.of_remote(remote, _groups())
        return subject, remote.entity, remote.project
    from swatch.tracking.registration import find_registered

    record, trials = _read_ledger(sweep, storage)
    known = find_registered(record.options, host, entity, project)
    tracked = record.options.get("tracking") or {}
    entity, project = _place(
        host,
        known.entity if known else entity or tracked.get("entity") or os.environ.get("WANDB_ENTITY"),
        known.project if known else project or tracked.get("project") or "swatch",
    )
    return sources.of_ledger(record, trials, known, _groups()), entity, project


def _read_ledger(sweep: str, storage: str | None) -> tuple[SweepRecord, list[TrialRecord]]:
    ledger = Ledger(storage_of(default_home(), sweep, storage, must_exist=True))
    try:
        return ledger.sweep(sweep), ledger.trials(sweep)
    finally:
        ledger.close()


def _remote(host: str, path: str) -> RemoteSweep:
    parts = path.split("/")
    if len(parts) != 3 or not all(parts):
        raise UserError(f"'{path}' is no sweep: give the id of one of ours, or ENTITY/PROJECT/ID of W&B's.")
    return RemoteSweep(host, *parts)


def _of_their_engine(sweep: str) -> RemoteSweep | None:
    """Return where a sweep stands that was started here with ``--engine wandb``; None for any other."""
    from swatch.sweep.wandb_engine.opening import REMOTE_FILE

    try:
        told = json.loads((sweep_folder(default_home(), sweep) / REMOTE_FILE).read_text(encoding="utf-8"))
        return RemoteSweep.from_dict(told["remote"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _groups() -> list[str]:
    from swatch.compose import groups

    return list(groups())


def _place(host: str, entity: str | None, project: str) -> tuple[str, str]:
    """Return the entity, the key's own unless one is given, and the project, which must be there.

    Raises:
        ServerError: The server cannot be asked.
        UserError: It has no such project.
    """
    seconds = sources.ANSWER_SECONDS
    if not entity:
        entity = (ask(host, _VIEWER, {}, seconds=seconds).get("viewer") or {}).get("entity")
        if not entity:
            raise UserError(f"{host} knows no default entity for your key; name one with --entity.")
    answer = ask(host, _PROJECT, {"entity": entity, "project": project}, seconds=seconds)
    if answer.get("project") is None:
        raise UserError(
            f"{host} has no project {entity}/{project} that your key may see; the first run that is tracked "
            "online makes it, or name another with --project and --entity."
        )
    return entity, project
