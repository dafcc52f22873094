"""The data that a sweep page's figures draw: plain values, ready for JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from swatch.report.labels import finite, format_value, metric_label, short_names
from swatch.report.ranking import focus_range, result_text, value_of
from swatch.report.sweep.axes import INACTIVE, INACTIVE_POSITION, Axis
from swatch.report.sweep.baseline import Baseline
from swatch.report.sweep.curves import Curves
from swatch.report.sweep.decisions import Verdict
from swatch.report.sweep.front_view import Front
from swatch.report.sweep.importance import Importance
from swatch.sweep.records import SweepRecord, TrialRecord

_DIGITS = 5


def figure_data(
    sweep: SweepRecord,
    trials: Sequence[TrialRecord],
    best: TrialRecord | None,
    axes: Sequence[Axis],
    curves: Curves,
    *,
    importance: Importance | None = None,
    baseline: Baseline | None = None,
    verdicts: Sequence[Verdict] = (),
    front: Front | None = None,
) -> dict[str, Any]:
    """Return what the page's script needs; ``trials`` are in order of number, the axes' positions too."""
    values = [value_of(trial) for trial in trials]
    names = short_names(axis.key for axis in axes)
    judged = {verdict.number: verdict for verdict in verdicts}
    shown = drawn_axes(axes, trials)
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
                "seconds": None if trial.seconds is None else round(trial.seconds, 2),
                "repeats": [run for each in trial.values.values() if (run := finite(each)) is not None]
                or None,
                "decision": _decision(judged.get(trial.number)),
                "parameters": [
                    [names[axis.key], format_value(trial.point[axis.key])]
                    for axis in axes
                    if axis.key in trial.point
                ],
            }
            for trial, value in zip(trials, values, strict=True)
        ],
        "baseline": None
        if baseline is None
        else {
            "expected": _short(baseline.expected),
            "low": _short(baseline.low),
            "high": _short(baseline.high),
        },
        "axes": [_axis_data(axis, names[axis.key], importance) for axis in shown],
        "pairs": pairs(shown, importance),
        "front": None
        if front is None
        else {
            "metrics": front.metrics,
            "labels": front.labels,
            "values": front.values,
            "front": [trial.number for trial in front.front],
        },
        "bestPanels": best_panels(curves, best),
        "curves": {
            "metrics": curves.metrics,
            "labels": curves.labels,
            "xLabel": curves.x_label,
            "trials": curves.trials,
        },
    }


def drawn_axes(axes: Sequence[Axis], trials: Sequence[TrialRecord]) -> list[Axis]:
    """Return the axes that a figure shows: those in which the trials differ."""
    return [axis for axis in axes if axis.varies or len(trials) == 1]


def pairs(axes: Sequence[Axis], importance: Importance | None) -> list[dict[str, Any]]:
    """Return what two parameters do together, the strongest interaction first, for the contours."""
    if importance is None:
        return []
    names = short_names(axis.key for axis in axes)
    place = {axis.key: index for index, axis in enumerate(axes)}
    return [
        {
            "title": f"{names[each.keys[0]]} and {names[each.keys[1]]} ({each.share:.0%})",
            "axes": [place[key] for key in each.keys],
            "x": _short(each.x),
            "y": _short(each.y),
            "z": [_short(row) for row in each.grid],
        }
        for each in importance.interactions
        if all(key in place for key in each.keys)
    ]


def best_panels(curves: Curves, best: TrialRecord | None) -> list[dict[str, Any]]:
    """Return the panels of the best run's own curves: a measure each, with training and validation."""
    if best is None or len(best.history) < 2:
        return []
    panels = []
    for metric in curves.metrics:
        part, slash, name = metric.partition("/")
        if part != "val" or not slash:
            continue
        lines = [[metric, "validation", "accent"]]
        if f"train/{name}" in curves.metrics:
            lines.append([f"train/{name}", "training", "muted"])
        panels.append({"label": name.replace("_", " "), "lines": lines})
    return panels[:2]


def _decision(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "stop": verdict.stop,
        "threshold": verdict.threshold,
        "value": verdict.value,
        "reason": verdict.reason,
    }


def _axis_data(axis: Axis, name: str, importance: Importance | None) -> dict[str, Any]:
    ticks = list(axis.ticks)
    if axis.has_inactive:
        ticks.insert(0, (INACTIVE_POSITION, INACTIVE))
    explained = {item.key: item for item in importance.parameters} if importance else {}
    item = explained.get(axis.key)
    return {
        "key": axis.key,
        "name": name,
        "ticks": ticks,
        "positions": axis.positions,
        "isLog": axis.is_log,
        "isDiscrete": axis.is_discrete,
        "low": axis.low,
        "high": axis.high,
        "share": None if item is None else round(item.share, 4),
        "model": None if item is None else [_short(item.positions), _short(item.marginal)],
    }


def _short(values: Sequence[float]) -> list[float]:
    """Return numbers with the digits that a screen can show."""
    return [float(f"{value:.{_DIGITS}g}") for value in values]


def script_json(data: Any) -> str:
    """Return JSON that is safe inside an HTML ``<script>`` element: no markup, no bare line separators.

    Raises ValueError for NaN and infinities, which JSON does not have.
    """
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
