"""Differences of a metric, written for people."""

from __future__ import annotations

from swatch.report.labels import format_metric

_SHARES = ("accuracy", "precision", "recall", "f1")
_SMALLEST = 0.01


def amount(metric: str, difference: float, deviation: float | None = None) -> str:
    """Return a difference of a metric for people: in points for accuracies and the like, else as it is."""
    if is_share(metric):
        if deviation is None and 0 < abs(difference) < _SMALLEST / 100:
            return f"less than {_SMALLEST} points"
        more = "" if deviation is None else f" ± {_rounded(100 * deviation)}"
        return f"{_rounded(100 * difference)}{more} points"
    more = "" if deviation is None else f" ± {format_metric(deviation)}"
    return f"{format_metric(difference)}{more}"


def signed_range(metric: str, low: float, high: float) -> str:
    """Return the two ends of an interval of differences with their signs: ``−1.3 to +1.7 points``."""
    if is_share(metric):
        return f"{_signed(_rounded(100 * low))} to {_signed(_rounded(100 * high))} points"
    return f"{_signed(format_metric(low))} to {_signed(format_metric(high))}"


def is_share(metric: str) -> bool:
    """Whether a metric is a share of samples, whose differences people give in points."""
    return metric.rpartition("/")[2].rpartition("_")[2] in _SHARES


def _rounded(value: float) -> str:
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"


def _signed(text: str) -> str:
    return text.replace("-", "−") if text.startswith("-") else f"+{text}"
