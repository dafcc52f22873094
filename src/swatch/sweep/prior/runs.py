"""Known points from runs: single ones, and the trials of other sweeps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from swatch.errors import UserError
from swatch.sweep.prior.known import KnownPoint, PointError, fit_point
from swatch.sweep.records import SweepRecord, TrialRecord
from swatch.sweep.space.search_space import SearchSpace


def read_run(path: Path, space: SearchSpace, metric: str, goal: str) -> KnownPoint:
    """Return the point of a run directory with the metric's best epoch.

    Raises UserError if the run has no config or never logged the metric, and if its config is no point of
    the space.
    """
    from swatch.tracking import RunDirectory

    directory = RunDirectory(path)
    config = directory.read_config()
    if config is None:
        raise UserError(f"--prior {path}: there is no run: it has no config.yaml")
    value = best_of(directory.read_history(), metric, goal)
    if value is None:
        raise UserError(f"--prior {path}: the run logged no finite '{metric}', which the sweep optimises")
    try:
        point = fit_point(space, _values(space, config, directory.read_overrides()))
    except PointError as error:
        raise UserError(f"--prior {path}: {error.key}: {error}") from None
    return KnownPoint(point, value, path.name)


def read_trials(
    sweep: SweepRecord,
    trials: Iterable[TrialRecord],
    own: SearchSpace,
    space: SearchSpace,
    metric: str,
    goal: str,
) -> tuple[list[KnownPoint], int]:
    """Return the points of another sweep's trials that lie in ``space``, and how many do not.

    Trials that failed, still run or never logged the metric are neither. ``own`` is the other sweep's space.
    """
    found, outside = [], 0
    for trial in trials:
        value = best_of(trial.history, metric, goal) if trial.state.has_result else None
        if value is None:
            continue
        try:
            point = fit_point(space, _trial_values(trial, own, space))
        except (PointError, UserError):
            outside += 1
            continue
        found.append(KnownPoint(point, value, f"{sweep.id}, trial {trial.number}"))
    return found, outside


def best_of(history: Iterable[Mapping[str, Any]], metric: str, goal: str) -> float | None:
    """Return the best finite value of a metric in a run's history, or None if there is none."""
    from swatch.sweep.records import finite

    values = [value for record in history if (value := finite(record.get(metric))) is not None]
    if not values:
        return None
    return (max if goal == "maximize" else min)(values)


def _trial_values(trial: TrialRecord, own: SearchSpace, space: SearchSpace) -> dict[str, Any]:
    values = own.full_point(trial.point)
    missing = [key for key in space.parameters if key not in values]
    if missing and trial.overrides:
        from swatch.compose import compose

        composed = compose(trial.overrides)
        whole = _flattened(space, composed.plain) | composed.choices
        values |= {key: whole[key] for key in missing if key in whole}
    return values


def _values(space: SearchSpace, config: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Return a run's value of every parameter that it has: from its config, and its groups' choices."""
    values = _flattened(space, config)
    # The config holds what a group's choice means and not its name.
    if overrides or any(isinstance(value, Mapping) for value in values.values()):
        from swatch.compose import compose

        choices = compose(overrides).choices
        values |= {key: choices[key] for key in space.parameters if key in choices}
    return values


def _flattened(space: SearchSpace, config: Mapping[str, Any]) -> dict[str, Any]:
    values = {}
    for key in space.parameters:
        node: Any = config
        parts = [key] if key in config else key.split(".")
        for part in parts:
            node = node.get(part, math.nan) if isinstance(node, Mapping) else math.nan
        if not (isinstance(node, float) and math.isnan(node)):
            values[key] = node
    return values
