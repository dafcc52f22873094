"""Comparisons of like with like as the page draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from swatch.report.sweep.paired_comparison import Comparison, Group

MOST_SHOWN = 40
"""Groups of one parameter that tables and figures have room for."""


def shown_groups(comparison: Comparison) -> Sequence[Group]:
    """Return the groups to show: all, or of too many those that differ most."""
    groups = comparison.groups
    if len(groups) <= MOST_SHOWN:
        return groups
    return sorted(groups, key=lambda group: -group.spread)[:MOST_SHOWN]


def alike_data(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """Return what the page's script needs: plain values, ready for JSON."""
    return [
        {
            "key": each.key,
            "choices": each.choices,
            "groups": [
                {
                    "label": " · ".join(group.setting.values()) or "all",
                    "trials": [trial.number for trial in group.trials],
                }
                for group in shown_groups(each)
            ],
        }
        for each in comparisons
    ]
