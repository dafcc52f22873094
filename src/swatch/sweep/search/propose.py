"""The one entrance to the searches."""

from __future__ import annotations

from collections.abc import Sequence

from swatch.errors import UserError, did_you_mean
from swatch.sweep.records import TrialRecord
from swatch.sweep.search.grid import propose_from_grid
from swatch.sweep.search.random_search import propose_at_random
from swatch.sweep.search.signals import EXHAUSTED, NOT_NOW, Proposal, Signal
from swatch.sweep.space import SearchSpace

__all__ = ["EXHAUSTED", "METHODS", "NOT_NOW", "Proposal", "Signal", "propose"]

METHODS = ("grid", "random", "bayes")


def propose(
    space: SearchSpace,
    method: str,
    trials: Sequence[TrialRecord],
    *,
    number: int,
    seed: int,
    goal: str = "minimize",
    count: int | None = None,
) -> Proposal:
    """Return the point of trial ``number``, or why there is none.

    Args:
        space: What is searched.
        method: ``"grid"``, ``"random"`` or ``"bayes"``.
        trials: All trials of the sweep in any state, running and waiting ones too; histories are not needed.
        number: The number of the trial to propose; ``trials`` holds none with it.
        seed: The sweep's seed.
        goal: ``"minimize"`` or ``"maximize"``, the direction of the trials' ``objective``.
        count: How many trials the sweep will have, if that is known; bayes explores less in a short one.

    The answer depends on the arguments alone. No point is proposed whose key one of ``trials`` has. Random
    and grid give number n the same point whatever the other trials are, so that any number of agents finds
    the same set of points.
    """
    seen = {trial.point_key for trial in trials}
    if method == "grid":
        return propose_from_grid(space, seen, number)
    if method == "random":
        return propose_at_random(space, seen, number, seed)
    if method == "bayes":
        from swatch.sweep.search.bayes import propose_by_model

        return propose_by_model(space, trials, seen, number=number, seed=seed, goal=goal, count=count)
    raise UserError(f"unknown search method {method!r}.{did_you_mean(method, METHODS)}")
