"""Every optimizer's first fifty steps: against its paper's formulas, and in float32 against float64."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from entries import Entry, entries
from optimizer_cases import STEPS, constant, cycled, gradients_of, parameters_of
from optimizer_references import REFERENCES, WEIGHTS
from swatch.optim import Optimizer

# Besides the YAML's own values, such that no term of a formula is too small to be seen.
OTHER_ARGUMENTS = {"beta2": 0.9, "beta3": 0.8, "clip": 1.5, "rho": 0.7, "epsilon": 0.01, "weight_decay": 0.2}


def trajectory(
    own: Optimizer, dtype: type, schedule: Callable[[Any, int], dict[str, float]]
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], list[dict[str, float]]]:
    """First and last values of fifty steps, the gradients and hyperparameters of each; in float64."""
    parameters = parameters_of(WEIGHTS, 100, np.float32)
    start = parameters.values.copy()
    if dtype == np.float64:
        # From the same numbers.
        parameters = parameters_of(WEIGHTS, 100, np.float64)
        parameters.values[:] = start
    own.bind(parameters)
    # The step's loss goes along, for those who look at it: falling, and jumping about.
    losses = [{"loss": 2.0 * 0.95**step * (1 + 0.5 * (step % 3))} for step in range(STEPS)]
    steps = [{**schedule(own.hyperparameters(), step), **loss} for step, loss in enumerate(losses)]
    gradients = [gradient.astype(np.float32) for gradient in gradients_of(parameters.size)]
    for gradient, values in zip(gradients, steps, strict=True):
        own.step(parameters.values, gradient.astype(dtype), values)
    exact = [gradient.astype(np.float64) for gradient in gradients]
    return start.astype(np.float64), parameters.values.astype(np.float64), exact, steps


def largest_error(found: np.ndarray, expected: np.ndarray, start: np.ndarray) -> float:
    """Relative to how far the parameter went, or to its own size if that is more."""
    scale = np.maximum(np.abs(expected), np.abs(expected - start)) + 1e-3
    return float((np.abs(found - expected) / scale).max())


@pytest.mark.check("reference trajectory")
@pytest.mark.parametrize("schedule", [constant, cycled])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 1e-5)])
@pytest.mark.parametrize("others", [{}, OTHER_ARGUMENTS], ids=["yaml", "others"])
def test_fifty_steps_equal_the_papers(
    optimizer_entry: Any,
    dtype: type,
    tolerance: float,
    schedule: Callable[[Any, int], dict[str, float]],
    others: dict[str, float],
) -> None:
    reference = REFERENCES.get(optimizer_entry.name)
    if reference is None:
        pytest.skip(f"optimizer_references.py has no formula of {optimizer_entry.name}")
    others = {key: value for key, value in others.items() if key in optimizer_entry.arguments}
    if optimizer_entry.name != "adamw":
        others.pop("weight_decay", None)  # which has a test of its own below
    arguments = {**optimizer_entry.arguments, **others, "learning_rate": 0.01}
    own: Optimizer = optimizer_entry.build(**arguments)
    start, found, gradients, steps = trajectory(own, dtype, schedule)
    expected = reference(gradients, start, steps, arguments)
    assert largest_error(found, expected, start) <= tolerance
    assert (found != start).any()


@pytest.mark.check("float32 as float64")
def test_single_precision_agrees_with_double(optimizer_entry: Any) -> None:
    results = {}
    for dtype in (np.float32, np.float64):
        own = optimizer_entry.build(learning_rate=0.01, weight_decay=0.1)
        start, results[dtype], _, _ = trajectory(own, dtype, cycled)
    assert largest_error(results[np.float32], results[np.float64], start) <= 1e-5


@pytest.mark.parametrize(
    "entry", [e for e in entries("optimizer") if "epsilon" in e.arguments], ids=lambda entry: entry.name
)
def test_the_docstring_says_where_epsilon_stands(entry: Entry) -> None:
    """Inside or outside the root: papers and libraries differ."""
    text = " ".join((inspect.getdoc(entry.target) or "").split())
    assert re.search(r"√[^ ]+ \+ ε|√\([^)]+ \+ ε\)|added to the (corrected )?root", text)
