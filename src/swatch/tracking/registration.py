"""Making a sweep known to a W&B server, and telling it how the sweep stands.

The server of a sweep that we run ourselves must not run it too. So it is registered with the method
``custom`` and a local controller, W&B's words for "somebody else proposes the points", and without
``early_terminate``, by which the server would stop runs on its own. Parameters, metric and description stay,
because the sweep's page in the UI is made from them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any
from urllib.parse import quote, urlsplit

import yaml

from swatch.tracking.graphql import Refused, ask
from swatch.tracking.mode import base_url
from swatch.tracking.remote_sweep import RemoteSweep

ANSWER_SECONDS = 10.0
"""How long a server may take for one answer, unless told otherwise."""
STATES = ("RUNNING", "PAUSED", "FINISHED", "CANCELED")
OPTION = "wandb"
"""The key of a sweep's options that holds the list of where it is registered."""

_CREATE = """
mutation UpsertSweep($config: String, $description: String, $entityName: String, $projectName: String,
                     $state: String) {
  upsertSweep(input: {config: $config, description: $description, entityName: $entityName,
                      projectName: $projectName, state: $state}) {
    sweep { name project { name entity { name } } }
  }
}
"""
_CHANGE = """
mutation UpsertSweep($id: ID, $state: String, $entityName: String, $projectName: String) {
  upsertSweep(input: {id: $id, state: $state, entityName: $entityName, projectName: $projectName}) {
    sweep { name }
  }
}
"""
_STATE = """
query SweepState($entity: String, $project: String, $sweep: String!) {
  project(name: $project, entityName: $entity) { sweep(sweepName: $sweep) { id state } }
}
"""
# Those that would make the server, or a scheduler of W&B's, propose points or end runs.
_SCHEDULING_KEYS = ("controller", "early_terminate", "scheduler")


def register(
    raw: Mapping[str, Any],
    *,
    entity: str | None,
    project: str | None,
    name: str | None,
    custom: bool,
    seconds: float = ANSWER_SECONDS,
) -> RemoteSweep:
    """Create a sweep on the server that ``WANDB_BASE_URL`` names; prints nothing.

    Args:
        raw: The sweep YAML's plain value.
        entity: The user or team; None for ``WANDB_ENTITY``, else the key's default.
        project: None for ``WANDB_PROJECT``, else the server's choice.
        name: What the UI calls the sweep; None for the YAML's name, else the id that the server gives it.
        custom: Whether the sweep is run elsewhere, so that the server schedules nothing. Otherwise the YAML
            is sent as it is, for W&B's own engine.
        seconds: How long the answer may take.

    Raises:
        NoKey: No API key is configured.
        NoAnswer: The server cannot be reached or is silent; it may have made the sweep nevertheless.
        Refused: The server does not take the sweep; the text has its words.
    """
    host = base_url()
    config = sweep_config(raw, name=name, custom=custom)
    variables = {
        "config": yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        "description": config.get("description"),
        "entityName": entity or os.environ.get("WANDB_ENTITY"),
        "projectName": project or os.environ.get("WANDB_PROJECT"),
    }
    if custom:
        # Otherwise it would be pending until an agent of W&B's asks for it.
        variables["state"] = "RUNNING"
    answer = ask(host, _CREATE, variables, seconds=seconds)
    try:
        sweep = answer["upsertSweep"]["sweep"]
        place = sweep["project"]
        return RemoteSweep(host, str(place["entity"]["name"]), str(place["name"]), str(sweep["name"]))
    except (KeyError, TypeError):
        raise Refused(f"{host} did not say which sweep it made", 200) from None


def sweep_config(raw: Mapping[str, Any], *, name: str | None, custom: bool) -> dict[str, Any]:
    """Return the config that a server gets for a sweep YAML; see :func:`register`."""
    config = deepcopy(dict(raw))
    if name is not None:
        config["name"] = name
    if custom:
        for key in _SCHEDULING_KEYS:
            config.pop(key, None)
        config |= {"method": "custom", "controller": {"type": "local"}}
    if isinstance(config.get("parameters"), dict):
        _name_distributions(config["parameters"])
    return config


def _name_distributions(parameters: dict[str, Any]) -> None:
    """Write down the distributions of plain ranges, as wandb's client does: the server wants them named."""
    for entry in parameters.values():
        if not isinstance(entry, dict):
            continue
        if isinstance(entry.get("parameters"), dict):
            _name_distributions(entry["parameters"])
        elif "min" in entry and "max" in entry and "distribution" not in entry:
            whole = all(isinstance(entry[key], int) for key in ("min", "max"))
            entry["distribution"] = "int_uniform" if whole else "uniform"


def set_state(remote: RemoteSweep, state: str, *, seconds: float = ANSWER_SECONDS) -> None:
    """Tell the server that the sweep is ``RUNNING``, ``PAUSED``, ``FINISHED`` or ``CANCELED``.

    Saying it again changes nothing.

    Raises:
        ServerError: One of its kinds, as :func:`register` raises them; ``Refused`` with status 404 if the
            server has no such sweep (any more).
    """
    if state not in STATES:
        raise ValueError(f"a sweep's state is one of {', '.join(STATES)}, not {state!r}")
    found = _find(remote, seconds)
    if found is None:
        raise Refused(f"{remote.base_url} has no sweep {remote.path}", 404)
    if str(found.get("state", "")).upper() == state:
        return
    variables = {
        "id": found["id"],
        "state": state,
        "entityName": remote.entity,
        "projectName": remote.project,
    }
    ask(remote.base_url, _CHANGE, variables, seconds=seconds)


def get_state(remote: RemoteSweep, *, seconds: float = ANSWER_SECONDS) -> str | None:
    """Return the sweep's state on the server, such as ``RUNNING``; None if it has no such sweep (any more).

    Raises ServerError, one of its kinds, if the server cannot be asked.
    """
    found = _find(remote, seconds)
    return None if found is None else str(found.get("state") or "RUNNING").upper()


def _find(remote: RemoteSweep, seconds: float) -> dict[str, Any] | None:
    variables = {"entity": remote.entity, "project": remote.project, "sweep": remote.sweep_id}
    try:
        answer = ask(remote.base_url, _STATE, variables, seconds=seconds)
    except Refused as error:
        if error.status == 404:
            return None
        raise
    found: dict[str, Any] | None = (answer.get("project") or {}).get("sweep")
    return found


def registrations(options: Mapping[str, Any]) -> list[RemoteSweep]:
    """Return where a sweep with these options is registered, the latest last."""
    found = [RemoteSweep.from_dict(entry) for entry in options.get(OPTION, ())]
    return [remote for remote in found if remote is not None]


def find_registered(
    options: Mapping[str, Any], base_url: str, entity: str | None, project: str | None
) -> RemoteSweep | None:
    """Return the latest registration of a sweep at a server, or None.

    Args:
        options: The sweep's options in the ledger.
        base_url: The server's address.
        entity: Only under this user or team; None for any.
        project: Only in this project; None for any.
    """
    for remote in reversed(registrations(options)):
        if (
            remote.base_url == base_url.rstrip("/")
            and entity in (None, remote.entity)
            and project in (None, remote.project)
        ):
            return remote
    return None


def remember(options: Mapping[str, Any], remote: RemoteSweep) -> dict[str, Any]:
    """Return the change of a sweep's options, for ``ledger.update_sweep``, that records a registration.

    Recording it again changes nothing.
    """
    known: Sequence[Any] = options.get(OPTION, ())
    entry = remote.as_dict()
    return {OPTION: [*(other for other in known if other != entry), entry]}


def sweep_url(remote: RemoteSweep) -> str:
    """Return the address of the sweep's page in the UI."""
    parts = (remote.entity, remote.project, "sweeps", remote.sweep_id)
    return "/".join([app_url(remote.base_url), *(quote(part, safe="") for part in parts)])


def app_url(host: str) -> str:
    """Return the address of a server's UI: ``WANDB_APP_URL``, else what usually belongs to the server's."""
    configured = os.environ.get("WANDB_APP_URL")
    if configured:
        return configured.rstrip("/")
    name = urlsplit(host).hostname or ""
    if name == "api.wandb.ai":
        return "https://wandb.ai"
    if name == "api.forge.coreweave.com":
        return "https://forge.coreweave.com/wandb"
    return host.replace("://api.", "://app.", 1).rstrip("/")
