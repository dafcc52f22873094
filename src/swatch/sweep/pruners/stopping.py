"""When to end a trial early: a pure function of all trials' histories, whose decisions carry their reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from swatch.sweep.pruners import Curves, Decision, Hyperband, Rule

__all__ = ["Decision", "Hyperband", "Rule", "decide"]


def decide(rule: Rule | None, goal: str, histories: Mapping[int, Sequence[float]], number: int) -> Decision:
    """Decide whether trial ``number`` stops now.

    ``histories`` holds, for every trial of the sweep (this one included), all values of the metric logged so
    far, one an epoch; values that are no finite numbers are dropped. ``goal`` is ``"minimize"`` or
    ``"maximize"``.
    """
    if rule is None:
        return Decision(False, "the sweep has no stopping rule")
    return rule.judge(Curves.of(goal, histories), number)
