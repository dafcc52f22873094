"""Problems with the parameters of real sweeps: continuous ones, grids of numbers, categories."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from benchmark_search_table import PARAMETERS
from benchmark_search_training import lowest_error
from swatch.sweep.distributions import parse_parameter
from swatch.sweep.space.search_space import SearchSpace

Value = Callable[[Mapping[str, Any]], float]

RANDOM_DRAWS = 2001
# The least that the surrogate was found to say: of 20,000 random configurations and of the table's, the best
# were changed at random for as long as that helped.
BEST_ERROR = 12.786314


@dataclass(frozen=True)
class Problem:
    """A function to minimise over the parameters of a W&B sweep."""

    name: str
    parameters: Mapping[str, Mapping[str, Any]]
    value: Value
    best: float
    """The lowest value, by L-BFGS from 20 starts for each promising combination of the discrete ones."""

    @cached_property
    def space(self) -> SearchSpace:
        """The search space."""
        return SearchSpace({key: parse_parameter(entry) for key, entry in self.parameters.items()})

    @cached_property
    def median(self) -> float:
        """The value of a middling random configuration."""
        rng = np.random.default_rng(0)
        return float(np.median([self.value(self.space.sample(rng)) for _ in range(RANDOM_DRAWS)]))

    def regret(self, value: float) -> float:
        """Return ``value`` on the scale on which 0 is the best and 1 a middling random configuration."""
        return (value - self.best) / (self.median - self.best)


def hartmann6(x: list[float]) -> float:
    """Return Hartmann's function of six numbers in [0, 1]; −3.32237 at its lowest.

    Source: Dixon and Szegő, "The Global Optimization Problem: An Introduction", 1978.
    """
    alpha = np.array([1.0, 1.2, 3.0, 3.2])
    a = np.array(
        [
            [10, 3, 17, 3.5, 1.7, 8],
            [0.05, 10, 17, 0.1, 8, 14],
            [3, 3.5, 1.7, 10, 17, 8],
            [17, 8, 0.05, 10, 0.1, 14],
        ]
    )
    p = 1e-4 * np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    )
    return -float(alpha @ np.exp(-(a * (np.array(x) - p) ** 2).sum(axis=1)))


def ackley(x: list[float]) -> float:
    """Return Ackley's function, 0 at the origin and full of shallow holes.

    Source: Ackley, "A Connectionist Machine for Genetic Hillclimbing", 1987.
    """
    z = np.array(x)
    ripple = math.exp(float(np.cos(2 * math.pi * z).mean()))
    return -20 * math.exp(-0.2 * math.sqrt(float((z**2).mean()))) - ripple + 20 + math.e


def rosenbrock(x: list[float]) -> float:
    """Return the logarithm of 1 + Rosenbrock's function: a curved valley, 0 at (1, 1, ...).

    The logarithm is there because the function spans five powers of ten, as a loss that diverges does not.

    Source: Rosenbrock, "An Automatic Method for Finding the Greatest or Least Value of a Function", 1960.
    """
    z = np.array(x)
    return math.log1p(float((100 * (z[1:] - z[:-1] ** 2) ** 2 + (1 - z[:-1]) ** 2).sum()))


def branin(x: float, y: float) -> float:
    """Return Branin's function, 0.397887 at its lowest three places.

    Source: Dixon and Szegő, 1978.
    """
    curve = (y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6) ** 2
    return curve + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def levy(x: list[float]) -> float:
    """Return the logarithm of 1 + Lévy's function: waves upon a bowl, 0 at (1, 1, ...).

    Source: Laguna and Martí, "Experimental Testing of Advanced Scatter Search Designs for Global Optimization
    of Multimodal Functions", 2005.
    """
    w = 1 + (np.array(x) - 1) / 4
    waves = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)
    last = (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
    return math.log1p(math.sin(math.pi * w[0]) ** 2 + float(waves.sum()) + last)


_CONTINUOUS = {"min": 0.0, "max": 1.0}
_TENTHS = {"values": [round(0.1 * step, 1) for step in range(11)]}
# Labels whose order says nothing of the numbers behind them.
_SIXTH = {"relu": 0.4, "tanh": 0.9, "gelu": 0.65, "elu": 0.0, "selu": 0.2}
_FIFTH = {"relu": 3.0, "tanh": -4.0, "gelu": 0.0, "elu": 8.0, "selu": 6.0}
_SIXTH_OF_LEVY = {"relu": 1.0, "tanh": -3.0, "gelu": 4.0, "elu": -8.0}
_KIND = {"adam": 0.0, "sgd": 2.0, "lion": 5.0}

PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem(
            "hartmann6",
            {
                **{f"x{index}": _CONTINUOUS for index in range(1, 4)},
                "x4": _TENTHS,
                "x5": _TENTHS,
                "x6": {"values": list(_SIXTH)},
            },
            lambda p: hartmann6([p["x1"], p["x2"], p["x3"], p["x4"], p["x5"], _SIXTH[p["x6"]]]),
            -3.296511,
        ),
        Problem(
            "ackley5",
            {
                **{f"x{index}": {"min": -5.0, "max": 10.0} for index in range(1, 4)},
                "x4": {"min": -5, "max": 10},
                "x5": {"values": list(_FIFTH)},
            },
            lambda p: ackley([*(p[f"x{index}"] for index in range(1, 4)), p["x4"], _FIFTH[p["x5"]]]),
            0.0,
        ),
        Problem(
            "rosenbrock4",
            {
                "x1": {"min": -2.0, "max": 2.0},
                "x2": {"min": -2.0, "max": 2.0},
                "x3": {"distribution": "q_uniform", "min": -2, "max": 2, "q": 0.25},
                "x4": {"values": [-2, -1, 0, 1, 2, 4]},
            },
            lambda p: rosenbrock([p["x1"], p["x2"], p["x3"], p["x4"]]),
            0.0,
        ),
        Problem(
            "branin",
            {
                "x": {"min": -5.0, "max": 10.0},
                "y": {"min": 0, "max": 15},
                "kind": {"values": list(_KIND)},
            },
            lambda p: branin(p["x"], p["y"]) + _KIND[p["kind"]],
            0.432335,
        ),
        # A check that the search is not fitted to the others.
        Problem(
            "levy6",
            {
                **{f"x{index}": {"min": -10.0, "max": 10.0} for index in range(1, 4)},
                "x4": {"min": -10, "max": 10},
                "x5": {"values": [-8, -5, -2, 0, 1, 4, 9]},
                "x6": {"values": list(_SIXTH_OF_LEVY)},
            },
            lambda p: levy([*(p[f"x{index}"] for index in range(1, 6)), _SIXTH_OF_LEVY[p["x6"]]]),
            0.0,
        ),
        # The validation error in percent of real trainings.
        Problem("training", PARAMETERS, lowest_error, BEST_ERROR),
    )
}
