"""CMA-ES: a normal distribution that moves and stretches towards what was good."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from swatch.errors import UserError
from swatch.sweep.records import TrialRecord
from swatch.sweep.search.bayes.encoding import Encoding
from swatch.sweep.search.bayes.model import encoding_of
from swatch.sweep.search.losses import FloatArray, ended_and_pending, filled, loss_of
from swatch.sweep.search.random_search import propose_at_random
from swatch.sweep.search.signals import Proposal
from swatch.sweep.space.search_space import SearchSpace

if TYPE_CHECKING:
    from cmaes import CMA

# Sets these random numbers apart from others made from the sweep's seed.
CMA_ES = 5
# The deviation at the start, as a share of a parameter's range; Optuna's sampler begins alike.
START_DEVIATION = 1 / 6
# How often to draw again for a point that is not taken.
MOST_REPETITIONS = 200


def check_cma_es(space: SearchSpace) -> None:
    """Raise UserError if the package is not installed, or the space has too few numbers for it."""
    if find_spec("cmaes") is None:
        raise UserError("--sampler cmaes needs the package cmaes: `pip install 'swatch[cmaes]'`.")
    if len(_numeric(encoding_of(space))) < 2:
        raise UserError(
            "--sampler cmaes needs at least two swept numbers that every trial has; "
            "`--sampler gp` and `--sampler tpe` take any parameters."
        )


def propose_by_cma_es(
    space: SearchSpace,
    trials: Sequence[TrialRecord],
    seen: AbstractSet[str],
    *,
    number: int,
    seed: int,
    goal: str,
) -> Proposal:
    """Return an unseen point of the ``cmaes`` package's CMA-ES; the arguments are those of ``propose``.

    The package is the one behind Optuna's sampler, whose state lives in a storage. Here the state follows
    from the trials alone: those that ended, in the order of their numbers, are told to a fresh optimizer a
    generation at a time, wherever their points came from. It moves the numbers that every trial has;
    categories and parameters that are active only sometimes are drawn at random, as in Optuna. When it has
    converged it starts again around a random point with twice the population.

    Source: Hansen, "The CMA Evolution Strategy: A Tutorial", 2016; Auger and Hansen, "A Restart CMA Evolution
    Strategy With Increasing Population Size", 2005.

    Raises UserError as :func:`check_cma_es` does.
    """
    check_cma_es(space)
    encoding = encoding_of(space)
    ended, _ = ended_and_pending(trial for trial in trials if space.contains(trial.point))
    losses = filled(np.array([loss_of(trial, goal) for trial in ended]))
    numeric = _numeric(encoding)
    rows = np.array([encoding.encode(trial.point)[numeric] for trial in ended])
    optimizer = _replay(rows.reshape(-1, len(numeric)), losses, seed, number)
    rng = np.random.default_rng(np.random.SeedSequence([seed, CMA_ES, number]))
    for _ in range(MOST_REPETITIONS):
        row = encoding.sample(1, rng)[0]
        row[numeric] = optimizer.ask()
        point = encoding.decode(row)
        if space.point_key(point) not in seen:
            return point
    return propose_at_random(space, seen, number, seed)


def _numeric(encoding: Encoding) -> list[int]:
    return [
        index
        for index, column in enumerate(encoding.columns)
        if not column.categorical and column.key not in encoding.space.conditions
    ]


def _replay(rows: FloatArray, losses: FloatArray, seed: int, number: int) -> CMA:
    """Return an optimizer that has been told all whole generations of ``rows`` (n, d) and ``losses`` (n,)."""
    dimensions = rows.shape[1]
    draw = int(np.random.SeedSequence([seed, CMA_ES, number]).generate_state(1)[0])
    optimizer = _start(np.full(dimensions, 0.5), None, draw)
    at, restarts = 0, 0
    while at + optimizer.population_size <= len(rows):
        generation = slice(at, at + optimizer.population_size)
        at = generation.stop
        optimizer.tell(list(zip(rows[generation], losses[generation].tolist(), strict=True)))
        if optimizer.should_stop():
            restarts += 1
            centre = np.random.default_rng(np.random.SeedSequence([seed, CMA_ES, restarts, 1]))
            optimizer = _start(centre.random((dimensions,)), 2 * optimizer.population_size, draw)
    return optimizer


def _start(mean: FloatArray, population: int | None, seed: int) -> CMA:
    from cmaes import CMA

    bounds = np.tile([0.0, 1.0], (len(mean), 1))
    return CMA(mean, START_DEVIATION, bounds=bounds, seed=seed, population_size=population)
