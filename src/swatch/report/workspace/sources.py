"""Where the subject of a workspace is found: in the ledger, in a sweep of W&B's, or in a project's runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import yaml

from swatch.compose import has_key
from swatch.errors import UserError
from swatch.report.labels import short_names
from swatch.report.workspace.subject import (
    NETWORK_CURVES,
    NORM_CURVES,
    Parameter,
    Subject,
    logged_curves,
    searched_parameters,
)
from swatch.sweep.records import SweepRecord, TrialRecord
from swatch.tracking.graphql import ask
from swatch.tracking.naming import config_differences
from swatch.tracking.remote_sweep import RemoteSweep

ANSWER_SECONDS = 10.0
MOST_RUNS = 100
"""How many of a project's latest runs are compared."""
MOST_PARAMETERS = 12
"""How many axes people can read side by side."""

_SWEEP = """
query SweepConfig($entity: String, $project: String, $sweep: String!) {
  project(name: $project, entityName: $entity) { sweep(sweepName: $sweep) { name config } }
}
"""
_RUNS = """
query RunConfigs($entity: String, $project: String, $count: Int) {
  project(name: $project, entityName: $entity) {
    runs(first: $count, order: "-createdAt") { edges { node { config } } }
  }
}
"""


def of_ledger(
    sweep: SweepRecord, trials: Sequence[TrialRecord], remote: RemoteSweep | None, groups: Collection[str]
) -> Subject:
    """Return the subject of one of our sweeps.

    Args:
        sweep: The sweep as the ledger knows it.
        trials: Its trials with their histories.
        remote: Where it is registered on the server; None if it is not.
        groups: The config groups.
    """
    is_network = sweep.function is None
    notice = "" if remote else f"The server does not know the sweep; `swatch sync {sweep.id}` registers it."
    return Subject(
        name=sweep.id,
        members=("Sweep", remote.sweep_id) if remote else ("Group", sweep.id),
        metric=sweep.metric,
        goal=sweep.goal,
        parameters=searched_parameters(sweep.parameters, groups if is_network else ()),
        curves=NETWORK_CURVES if is_network else logged_curves(trial.history for trial in trials),
        is_network=is_network,
        has_norms=any(key.startswith(NORM_CURVES) for trial in trials for key in (trial.history or [{}])[0]),
        text=sweep.yaml,
        notice=notice,
    )


def of_remote(remote: RemoteSweep, groups: Collection[str]) -> Subject:
    """Return the subject of a sweep on the server, such as one that W&B's own engine runs.

    Raises:
        ServerError: The server cannot be asked.
        UserError: It has no such sweep.
    """
    variables = {"entity": remote.entity, "project": remote.project, "sweep": remote.sweep_id}
    answer = ask(remote.base_url, _SWEEP, variables, seconds=ANSWER_SECONDS)
    found = (answer.get("project") or {}).get("sweep")
    if found is None:
        raise UserError(
            f"{remote.base_url} has no sweep {remote.path} that your key may see; "
            "ENTITY/PROJECT/ID is what `wandb sweep` printed."
        )
    text = str(found.get("config") or "")
    config = yaml.safe_load(text) or {}
    metric = config.get("metric") or {}
    block = config.get("parameters") or {}
    return Subject(
        name=remote.sweep_id,
        members=("Sweep", remote.sweep_id),
        metric=str(metric.get("name") or "val/accuracy"),
        goal=str(metric.get("goal") or ("minimize" if metric else "maximize")),
        parameters=searched_parameters(block, groups),
        curves=NETWORK_CURVES,
        text=text,
    )


def of_project(host: str, entity: str, project: str, *, metric: str, goal: str) -> Subject:
    """Return the subject of all runs of a project; what differs among the latest ones is what was searched.

    Raises ServerError if the server cannot be asked.
    """
    variables = {"entity": entity, "project": project, "count": MOST_RUNS}
    answer = ask(host, _RUNS, variables, seconds=ANSWER_SECONDS)
    edges = ((answer.get("project") or {}).get("runs") or {}).get("edges") or []
    configs = [_plain_config(edge["node"].get("config")) for edge in edges]
    return Subject(
        name="",
        members=None,
        metric=metric,
        goal=goal,
        parameters=_differing(configs),
        curves=NETWORK_CURVES,
        has_norms=any((config.get("tracking") or {}).get("norms") is True for config in configs),
    )


def _differing(configs: Sequence[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    """Return the keys that differ among the configs, those first that differ from the latest most often.

    A key that only some choices of its group have is left out: other runs would have no place on its axis.
    """
    counted = Counter(
        key
        for config in configs[1:]
        for key in config_differences(configs[0], config)
        if all(has_key(other, key) for other in configs)
    )
    keys = [key for key, _ in counted.most_common(MOST_PARAMETERS)]
    labels = short_names(key.removesuffix("._target_") for key in keys)
    return tuple(Parameter(key, labels[key.removesuffix("._target_")]) for key in keys)


def _plain_config(text: Any) -> dict[str, Any]:
    """Return a run's config from the server's form, name to ``{"value": ...}``, without W&B's own part."""
    stored = json.loads(text) if isinstance(text, str) and text else {}
    return {
        key: entry.get("value")
        for key, entry in stored.items()
        if isinstance(entry, Mapping) and not key.startswith("_wandb")
    }
