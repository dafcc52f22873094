"""Parameters, gradients and hyperparameters on which optimizers are tried."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from swatch.nn import Parameters

STEPS = 50


def parameters_of(weights: int, biases: int, dtype: type = np.float64, seed: int = 0) -> Parameters:
    parameters = Parameters(dtype)
    parameters.add("linear1", "weight", (weights,))
    parameters.add("linear1", "bias", (biases,))
    parameters.allocate()
    parameters.values[:] = np.random.default_rng(seed).standard_normal(parameters.size)
    return parameters


def gradients_of(size: int, steps: int = STEPS, seed: int = 1) -> list[np.ndarray]:
    """Gradients of very different sizes, some of them zero."""
    generator = np.random.default_rng(seed)
    scales = 10.0 ** generator.uniform(-6, 2, size)
    scales[::7] = 0
    return [scales * generator.standard_normal(size) for _ in range(steps)]


def constant(base: Mapping[str, float], step: int) -> dict[str, float]:
    return dict(base)


def cycled(base: Mapping[str, float], step: int) -> dict[str, float]:
    """Everything moves up and down, as in a one-cycle schedule."""
    wave = 0.5 + 0.5 * np.cos(step / 7)
    return {
        name: value * (0.2 + wave) if name == "learning_rate" else 0.8 + 0.19 * wave
        for name, value in base.items()
    }
