"""The one entrance to the searches."""

from __future__ import annotations

from collections.abc import Sequence

from swatch.errors import UserError, did_you_mean
from swatch.sweep.records import TrialRecord
from swatch.sweep.search.grid import propose_from_grid
from swatch.sweep.search.random_search import propose_at_random
from swatch.sweep.search.signals import Proposal
from swatch.sweep.space.search_space import SearchSpace

METHODS = ("grid", "random", "bayes", "tpe", "cmaes", "qmc")

SAMPLERS = {"gp": "bayes", "tpe": "tpe", "cmaes": "cmaes", "qmc": "qmc", "random": "random"}
"""What ``--sampler`` calls the searches that choose points freely."""


def propose(
    space: SearchSpace,
    method: str,
    trials: Sequence[TrialRecord],
    *,
    number: int,
    seed: int,
    goal: str = "minimize",
    count: int | None = None,
    stop_gain: float | None = None,
) -> Proposal:
    """Return the point of trial ``number``, or why there is none.

    Args:
        space: What is searched.
        method: One of :data:`METHODS`.
        trials: All trials of the sweep in any state, running and waiting ones too; histories are not needed.
        number: The number of the trial to propose; ``trials`` holds none with it.
        seed: The sweep's seed.
        goal: ``"minimize"`` or ``"maximize"``, the direction of the trials' ``objective``.
        count: How many trials the sweep will have, if that is known; bayes explores less in a short one.
        stop_gain: Bayes answers NOT_WORTH_IT once it expects less improvement than this of a trial, in the
            objective's units.

    The answer depends on the arguments alone. No point is proposed whose key one of ``trials`` has. Random,
    grid and qmc give number n the same point whatever the other trials are, so that any number of agents
    finds the same set of points. Raises UserError if the method cannot search the space.
    """
    seen = {trial.point_key for trial in trials}
    if method == "grid":
        return propose_from_grid(space, seen, number)
    if method == "random":
        return propose_at_random(space, seen, number, seed)
    if method == "qmc":
        from swatch.sweep.search.quasi_random import propose_by_sequence

        return propose_by_sequence(space, seen, number, seed)
    if method == "bayes":
        from swatch.sweep.search.bayes import propose_by_model

        return propose_by_model(
            space, trials, seen, number=number, seed=seed, goal=goal, count=count, stop_gain=stop_gain
        )
    if method == "tpe":
        from swatch.sweep.search.tpe import propose_by_tpe

        return propose_by_tpe(space, trials, seen, number=number, seed=seed, goal=goal)
    if method == "cmaes":
        from swatch.sweep.search.cma_es import propose_by_cma_es

        return propose_by_cma_es(space, trials, seen, number=number, seed=seed, goal=goal)
    raise UserError(f"unknown search method {method!r}.{did_you_mean(method, METHODS)}")


def check_search(space: SearchSpace, method: str, *, stop_gain: float | None = None) -> None:
    """Raise UserError if ``method`` cannot search ``space``, before anything starts."""
    if method == "cmaes":
        from swatch.sweep.search.cma_es import check_cma_es

        check_cma_es(space)
    if stop_gain is not None and method != "bayes":
        raise UserError(
            f"--stop-gain asks the model of the Bayesian search, and this sweep's search is {method}; "
            "add `--sampler gp`, or leave it out."
        )


def search_of(method: str, sampler: str | None) -> str:
    """Return the search of a sweep: the YAML's ``method``, or what ``--sampler`` puts in its place.

    Raises UserError for a grid, which visits every point and leaves nothing to choose.
    """
    if sampler is None:
        return method
    if sampler not in SAMPLERS:
        raise UserError(
            f"--sampler '{sampler}': there is none of this name.{did_you_mean(sampler, SAMPLERS)} "
            f"It is one of: {', '.join(SAMPLERS)}."
        )
    if method == "grid":
        raise UserError(
            f"--sampler {sampler}: the YAML's `method: grid` visits every point; "
            "change it to `method: random` or `method: bayes`."
        )
    return SAMPLERS[sampler]
