"""How each class was learnt: small charts on one scale, and lines of blocks for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from swatch.report.comparison.table import sparklines

if TYPE_CHECKING:
    from swatch.tracking.class_accuracy import ClassAccuracies

WIDTH, HEIGHT = 160, 72
"""Of a chart's drawing, in its own units."""
MOST_CLASSES = 40
NOT_KEPT = (
    "This run kept no accuracy per class and epoch: it is by an older version, or had no validation part."
)


@dataclass(frozen=True)
class Panel:
    """One class."""

    label: str
    line: str
    """The points of its curve as an SVG path; gaps start anew."""
    first: float | None
    best: float | None
    """At the epoch whose weights were kept."""


@dataclass(frozen=True)
class ClassCharts:
    """All classes on one scale."""

    panels: tuple[Panel, ...]
    mean: str
    """The path of the mean over classes, for all of the charts."""
    best_x: float | None
    """Where the best epoch lies."""
    best_epoch: int | None
    low: float
    """The share at the bottom; at the top it is ``high``."""
    high: float
    epochs: tuple[int, int]
    """The first and the last."""


def class_charts(accuracies: ClassAccuracies | None, best_epoch: int | None) -> ClassCharts | None:
    """Return the charts, or None if there is nothing to draw or too much.

    Args:
        accuracies: of the training.
        best_epoch: the epoch whose weights were kept, if that is known.
    """
    if accuracies is None or not 0 < len(accuracies.curves) <= MOST_CLASSES:
        return None
    curves = list(accuracies.curves.values())
    known = [value for curve in curves for value in curve if value is not None]
    if not known:
        return None
    low, high = math.floor(10 * min(known)) / 10, math.ceil(10 * max(known)) / 10
    high = high if high > low else low + 0.1
    epochs = list(accuracies.epochs)
    place = epochs.index(best_epoch) if best_epoch in epochs else None
    return ClassCharts(
        panels=tuple(
            Panel(label, _path(curve, low, high), curve[0], curve[-1 if place is None else place])
            for label, curve in accuracies.curves.items()
        ),
        mean=_path(_mean(curves), low, high),
        best_x=None if place is None else _x(place, len(epochs)),
        best_epoch=None if place is None else best_epoch,
        low=low,
        high=high,
        epochs=(epochs[0], epochs[-1]),
    )


def class_sparklines(accuracies: ClassAccuracies | None, labels: Sequence[str]) -> list[str] | None:
    """Return a line of blocks for each of ``labels``, all on one scale; None if none were kept."""
    if accuracies is None or not set(labels) <= set(accuracies.curves):
        return None
    return sparklines([accuracies.curves[label] for label in labels])


def _mean(curves: Sequence[Sequence[float | None]]) -> list[float | None]:
    means: list[float | None] = []
    for column in zip(*curves, strict=True):
        known = [value for value in column if value is not None]
        means.append(sum(known) / len(known) if known else None)
    return means


def _x(place: int, count: int) -> float:
    return round(WIDTH * place / (count - 1), 2) if count > 1 else WIDTH / 2


def _path(curve: Sequence[float | None], low: float, high: float) -> str:
    parts, is_drawing = [], False
    for place, value in enumerate(curve):
        if value is None:
            is_drawing = False
            continue
        y = round(HEIGHT * (high - value) / (high - low), 2)
        parts.append(f"{'L' if is_drawing else 'M'}{_x(place, len(curve))} {y}")
        is_drawing = True
    # A line of no length shows a single epoch as a dot.
    return " ".join(parts) + ("h0" if len(parts) == 1 else "")
