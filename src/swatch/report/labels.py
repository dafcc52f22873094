"""How parameters, metrics, values and durations are written for people, the same in terminal and page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

LEAST_P_VALUE = 1e-16
"""What is smaller comes of rounding as much as of the data."""

_PARTS = {"val": "validation", "train": "training", "test": "test"}


def short_names(keys: Iterable[str]) -> dict[str, str]:
    """Return for every dotted key its shortest ending that no other key shares.

    ``optimizer.learning_rate`` becomes ``learning_rate`` unless another key ends in it too.
    """
    keys = list(dict.fromkeys(keys))
    names: dict[str, str] = {}
    for key in keys:
        parts = key.split(".")
        endings = (".".join(parts[-length:]) for length in range(1, len(parts) + 1))
        names[key] = next(
            (end for end in endings if not any(_ends_in(other, end) for other in keys if other != key)), key
        )
    return names


def _ends_in(key: str, ending: str) -> bool:
    return key == ending or key.endswith("." + ending)


def metric_label(metric: str) -> str:
    """Return a metric's name in words: ``val/accuracy`` is ``validation accuracy``."""
    part, slash, name = metric.partition("/")
    return f"{_PARTS.get(part, part)} {name}".replace("_", " ") if slash else metric.replace("_", " ")


def finite(value: Any) -> float | None:
    """Return a logged value as a float, or None if it is no finite number (truth values are none)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def format_value(value: Any) -> str:
    """Return a parameter's value as people write it: ``0.002``, ``256-128`` for a list, ``none``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={format_value(item)}" for key, item in value.items()) or "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "-".join(format_value(item) for item in value) or "[]"
    return str(value)


def format_metric(value: float | None, digits: int = 4) -> str:
    """Return a metric with ``digits`` decimals, or significant digits where decimals would hide it."""
    if value is None or math.isnan(value):
        return "–"
    if value == 0 or 0.001 <= abs(value) < 10_000:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}g}"


def format_spread(value: float | None, spread: float | None) -> str:
    """Return a mean with its standard deviation, ``0.8812 ± 0.0031``; the value alone if there is none.

    Both have the same decimals, unless these would hide the deviation.
    """
    text = format_metric(value)
    if spread is None:
        return text
    decimals = len(text.partition(".")[2]) if "e" not in text else 0
    same = f"{spread:.{decimals}f}"
    return f"{text} ± {same if decimals and float(same) else format_metric(spread)}"


def format_signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign: ``+0.41``, ``−0.20``."""
    return f"{value:+.{digits}f}".replace("-", "−")


def format_seconds(seconds: float | None) -> str:
    """Return a duration in its two largest units: ``4.2 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def format_p_value(p_value: float) -> str:
    """Return ``= 0.031`` or, where rounding has left nothing of it, ``< 1e-16``."""
    return f"= {p_value:.2g}" if p_value >= LEAST_P_VALUE else f"< {LEAST_P_VALUE:g}"


def format_moment(value: Any) -> str:
    """Return an ISO 8601 time to the second in UTC, ``2026-04-12 06:32:13 UTC``; anything else as it is."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    if moment.tzinfo is None:
        return str(value)
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def count_of(number: int, noun: str) -> str:
    """Return ``1 trial`` or ``3 trials``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
