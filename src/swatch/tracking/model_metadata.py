"""What is said of a model's file where it is kept: how it was made and how good it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Where and how a run is watched says nothing of its weights.
_NOT_OF_THE_MODEL = ("tracking", "run", "paths", "launcher", "compose", "hydra")
_NOT_METRICS = ("epoch", "step", "seconds", "samples_per_second", "timestamp")
_FACTS = ("run_id", "name", "monitor", "goal", "parameters", "seed")


def model_metadata(config: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of a run's best weights, a function of what its directory keeps.

    W&B keeps at most a hundred keys of an artifact's metadata, those of nested mappings included. So the
    parts of the config that do not concern the weights and its nulls are left out; the run has all of it.

    Args:
        config: The resolved config, as in ``config.yaml``.
        summary: What ``summary.json`` holds, or will hold.

    Returns:
        ``config``; ``metrics`` and ``epoch`` of the best epoch, or neither if no epoch was finished; and the
        facts of the run that the weights depend on.
    """
    best = summary.get("best") or {}
    metrics = {key: value for key, value in best.items() if key not in _NOT_METRICS and "norm/" not in key}
    return {
        **{key: summary[key] for key in _FACTS if summary.get(key) is not None},
        **({"epoch": best["epoch"], "metrics": metrics} if best else {}),
        "config": _without_nulls({key: config[key] for key in config if key not in _NOT_OF_THE_MODEL}),
    }


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without_nulls(value) if isinstance(value, Mapping) else value
        for key, value in values.items()
        if value is not None
    }
