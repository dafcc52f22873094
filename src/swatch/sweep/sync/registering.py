"""Finding or making the server's sweep that a sweep of ours becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import yaml

from swatch.sweep.config import SweepConfig
from swatch.sweep.ledger import Ledger
from swatch.sweep.records import SweepRecord
from swatch.sweep.sync.claim import registering
from swatch.sweep.sync.remote_runs import Place, patiently, read, read_runs
from swatch.tracking.graphql import Refused
from swatch.tracking.registration import (
    find_registered,
    get_state,
    register,
    registrations,
    remember,
    sweep_config,
    sweep_url,
)
from swatch.tracking.remote_sweep import RemoteSweep

_SWEEPS = """
query SyncedSweeps($entity: String, $project: String, $cursor: String) {
  project(name: $project, entityName: $entity) {
    sweeps(first: 100, after: $cursor) {
      edges { node { name displayName config runCount } cursor }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


def known_remote(
    ledgers: Sequence[Ledger],
    sweep_id: str,
    base_url: str,
    entity: str | None,
    project: str | None,
    notify: Callable[[str], None],
) -> RemoteSweep | None:
    """Return where the sweep is registered on a server already, if the server still has it.

    Args:
        ledgers: All that know of the sweep.
        sweep_id: Its id in them.
        base_url: The server.
        entity: Only under this user or team; None for any.
        project: Only in this project; None for any.
        notify: Takes the line that says of a registration that it is gone.

    Raises:
        ServerError: The server cannot be asked.
    """
    for ledger in ledgers:
        remote = find_registered(ledger.sweep(sweep_id).options, base_url, entity, project)
        if remote is None:
            continue
        if patiently(partial(get_state, remote)) is not None:
            return remote
        notify(f"{sweep_url(remote)} is no more; the sweep gets a new page")
    return None


def make_remote(
    ledgers: Sequence[Ledger],
    sweep: SweepRecord,
    place: Place,
    run_ids: Sequence[str],
    notify: Callable[[str], None],
) -> RemoteSweep:
    """Make the sweep known to the server and remember that in every ledger, before any run is sent.

    Other processes and machines may do the same at the same time: whoever shares the ledger waits and takes
    what the first one got. Where the ledger was copied, the sweep is found by the runs that are its members,
    and after a registration whose answer was lost by its name, its parameters and having no runs yet.

    Args:
        ledgers: All that know of the sweep; the first one decides who registers.
        sweep: The sweep.
        place: Where it goes.
        run_ids: Of its trials.
        notify: Takes one line.

    Raises:
        ServerError: The server cannot be asked, or refuses.
        UserError: Another process has been registering the sweep for too long.
    """
    config = SweepConfig.from_yaml(sweep.yaml, f"sweep {sweep.id}")
    name = config.name or sweep.id
    with registering(ledgers[0], sweep.id) as claim:
        base_url, entity, project = place.base_url, place.entity, place.project
        remote = known_remote(ledgers[:1], sweep.id, base_url, entity, project, lambda text: None)
        remote = remote or _of_members(place, run_ids)
        if remote is None and claim.is_taken_over:
            remote = _unanswered(place, name, sweep_config(config.raw, name=name, custom=True))
        if remote is None:
            remote = register(config.raw, entity=entity, project=project, name=name, custom=True)
            others = registrations(ledgers[0].sweep(sweep.id).options)
            also = "".join(f" (also: {sweep_url(one)})" for one in others if one.base_url == base_url)
            notify(f"registered: {sweep_url(remote)}{also}")
        for ledger in ledgers:
            ledger.update_sweep(sweep.id, options=remember(ledger.sweep(sweep.id).options, remote))
    return remote


def _of_members(place: Place, run_ids: Sequence[str]) -> RemoteSweep | None:
    """Return the sweep that runs of ours belong to: it was registered from a copy of the ledger."""
    for run in read_runs(place, run_ids).values():
        if run.sweep_id is not None:
            remote = RemoteSweep(place.base_url, place.entity, place.project, run.sweep_id)
            if patiently(partial(get_state, remote)) is not None:
                return remote
    return None


def _unanswered(place: Place, name: str, config: dict[str, Any]) -> RemoteSweep | None:
    """Return the empty sweep that an earlier registration left, if the server made it after all."""
    cursor = None
    while True:
        variables = {"entity": place.entity, "project": place.project, "cursor": cursor}
        try:
            answer = read(place.base_url, _SWEEPS, variables)
        except Refused as error:
            if error.status == 404:
                return None
            raise
        sweeps = (answer.get("project") or {}).get("sweeps") or {}
        for edge in sweeps.get("edges") or ():
            node = edge["node"]
            if name == _name(node) and not node.get("runCount") and _config(node) == config:
                return RemoteSweep(place.base_url, place.entity, place.project, str(node["name"]))
        page = sweeps.get("pageInfo") or {}
        if not page.get("hasNextPage"):
            return None
        cursor = page.get("endCursor")


def _config(node: dict[str, Any]) -> dict[str, Any]:
    try:
        config = yaml.safe_load(str(node.get("config") or ""))
    except yaml.YAMLError:
        return {}
    return config if isinstance(config, dict) else {}


def _name(node: dict[str, Any]) -> str | None:
    return node.get("displayName") or _config(node).get("name")
