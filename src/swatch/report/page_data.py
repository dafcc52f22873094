"""The data that a sweep page's figures draw: plain values, ready for JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from swatch.report.axes import INACTIVE, INACTIVE_POSITION, Axis
from swatch.report.curves import Curves
from swatch.report.labels import format_value, metric_label, short_names
from swatch.report.ranking import focus_range, result_text, running_best, value_of
from swatch.sweep.records import SweepRecord, TrialRecord


def figure_data(
    sweep: SweepRecord,
    trials: Sequence[TrialRecord],
    best: TrialRecord | None,
    axes: Sequence[Axis],
    curves: Curves,
) -> dict[str, Any]:
    """Return what the page's script needs; ``trials`` are in order of number, the axes' positions too."""
    values = [value_of(trial) for trial in trials]
    names = short_names(axis.key for axis in axes)
    return {
        "metric": sweep.metric,
        "metricLabel": metric_label(sweep.metric),
        "goal": sweep.goal,
        "best": best.number if best else None,
        "focus": focus_range([value for value in values if value is not None], sweep.goal),
        "trials": [
            {
                "number": trial.number,
                "state": trial.state.value,
                "value": value,
                "text": result_text(trial),
                "spread": trial.spread,
                "reason": trial.reason,
                "parameters": [
                    [names[axis.key], format_value(trial.point[axis.key])]
                    for axis in axes
                    if axis.key in trial.point
                ],
            }
            for trial, value in zip(trials, values, strict=True)
        ],
        "runningBest": running_best(sweep, trials),
        "axes": [_axis_data(axis, names[axis.key]) for axis in axes if axis.varies or len(trials) == 1],
        "curves": {
            "metrics": curves.metrics,
            "labels": curves.labels,
            "xLabel": curves.x_label,
            "trials": curves.trials,
        },
    }


def _axis_data(axis: Axis, name: str) -> dict[str, Any]:
    ticks = list(axis.ticks)
    if axis.has_inactive:
        ticks.insert(0, (INACTIVE_POSITION, INACTIVE))
    return {"key": axis.key, "name": name, "ticks": ticks, "positions": axis.positions, "isLog": axis.is_log}


def script_json(data: Any) -> str:
    """Return JSON that is safe inside an HTML ``<script>`` element: no markup, no bare line separators.

    Raises ValueError for NaN and infinities, which JSON does not have.
    """
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
