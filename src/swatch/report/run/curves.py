"""A run's metrics as small figures: one for each quantity, training and validation together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swatch.report.labels import finite

_NOT_METRICS = ("epoch", "step", "timestamp")
_FIRST = ("accuracy", "loss", "learning_rate")
_LAST = ("seconds", "samples_per_second")
_PARTS = {"val": "validation", "train": "training", "test": "test"}
# A learning rate that falls by more than this is drawn over its logarithm.
_WIDE = 1000.0
_SEVERAL = 2


def panels(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the figures: ``title``, ``isLog``, and ``series`` of ``part``, ``name``, ``x`` and ``y``.

    Of every record that lacks an ``epoch`` its place counts, from 1. What is no finite number is None.
    :func:`constants` have no figure.
    """
    return [
        _panel(name, sorted(keys, reverse=True), history)
        for name, keys in _quantities(history)
        if _constant(name, history) is None
    ]


def constants(history: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return what had one value in all of several epochs, such as a momentum without a schedule.

    Times, and what was measured on a part of the data, are drawn even then.
    """
    found = {_title(name): _constant(name, history) for name, _ in _quantities(history)}
    return {title: value for title, value in found.items() if value is not None}


def _quantities(history: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Return each quantity with its metrics, in the order of the figures."""
    quantities: dict[str, list[str]] = {}
    for record in history:
        for key, value in record.items():
            if is_metric(key, value):
                keys = quantities.setdefault(_quantity(key), [])
                if key not in keys:
                    keys.append(key)
    return sorted(quantities.items(), key=_place)


def _constant(name: str, history: Sequence[Mapping[str, Any]]) -> float | None:
    # A quantity that has parts is called by its name without them, and no record has it under that.
    values = (
        set() if name in _LAST or len(history) < _SEVERAL else {finite(each.get(name)) for each in history}
    )
    return values.pop() if len(values) == 1 else None


def is_metric(key: str, value: Any) -> bool:
    """Whether an entry of a history's record is a measured number, rather than its place in the history."""
    return key not in _NOT_METRICS and finite(value) is not None


def _quantity(metric: str) -> str:
    part, _, name = metric.partition("/")
    return name if part in _PARTS and name else metric


def _place(item: tuple[str, list[str]]) -> tuple[int, str]:
    name = item[0]
    if name in _FIRST:
        return _FIRST.index(name), name
    return (len(_FIRST) + 1 + _LAST.index(name), name) if name in _LAST else (len(_FIRST), name)


def _panel(name: str, metrics: Sequence[str], history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    places = [finite(record.get("epoch", place)) for place, record in enumerate(history, 1)]
    series: list[dict[str, Any]] = []
    for metric in metrics:
        part = metric.partition("/")[0]
        values = [finite(record.get(metric)) for record in history]
        series.append(
            {"part": part if part in _PARTS else "", "name": _PARTS.get(part, ""), "x": places, "y": values}
        )
    known = [value for line in series for value in line["y"] if value is not None]
    is_log = name == "learning_rate" and min(known) > 0 and max(known) / min(known) > _WIDE
    return {"title": _title(name), "isLog": is_log, "series": series}


def _title(name: str) -> str:
    return name.replace("_", " ").replace("/", " ")
