"""``run.json``: what is known of a run before it starts, beside its config and overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from swatch.tracking.remote_sweep import RemoteSweep
from swatch.tracking.tracker import Commit, DatasetReference, RunDescription

_PLAIN = ("run_id", "name", "notes", "group", "job_type", "step_key", "started", "sweep_id", "trial")


def plain_description(run: RunDescription) -> dict[str, Any]:
    """Return ``run`` as plain values, without ``config`` and ``overrides``, which have files of their own."""
    return {
        **{key: getattr(run, key) for key in _PLAIN},
        "tags": list(run.tags),
        "goals": dict(run.goals),
        "remote_sweep": None if run.remote_sweep is None else run.remote_sweep.as_dict(),
        "commit": None if run.commit is None else asdict(run.commit),
        "dataset": None if run.dataset is None else _plain_dataset(run.dataset),
    }


def description_of(
    values: Mapping[str, Any], config: Mapping[str, Any], overrides: Sequence[str]
) -> RunDescription:
    """Return the description that :func:`plain_description` gave the values of.

    Raises:
        KeyError: ``run_id`` or ``name`` is missing.
        TypeError: A part has keys that this version does not know.
    """
    known = {key: values[key] for key in _PLAIN if key in values}
    commit, dataset = values.get("commit"), values.get("dataset")
    return RunDescription(
        **{"run_id": values["run_id"], "name": values["name"], **known},
        config=config,
        overrides=overrides,
        tags=values.get("tags") or (),
        goals=values.get("goals") or {},
        remote_sweep=RemoteSweep.from_dict(values.get("remote_sweep")),
        commit=Commit(**commit) if commit else None,
        dataset=DatasetReference(**dataset) if dataset else None,
    )


def _plain_dataset(dataset: DatasetReference) -> dict[str, Any]:
    files = {name: dict(facts) for name, facts in dataset.files.items()}
    return {"name": dataset.name, "files": files, "metadata": dict(dataset.metadata)}
