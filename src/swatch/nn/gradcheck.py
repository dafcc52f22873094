"""Gradients against finite differences: the proof that every derivative is right."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.nn.arrays import Array
from swatch.nn.loss import Loss
from swatch.nn.network import Network
from swatch.seeding import spawn

TOLERANCE = 1e-6
INPUT = "input"

# The largest gives the best quotient of a smooth function. A smaller one is for a kink (of ReLU, say) within
# its reach, and is taken if it fits better: no step makes a wrong gradient fit.
STEPS = (1e-3, 1e-4, 1e-5, 1e-6)

# Convolutions have so many kinks that even the smallest step may reach one. Then no two steps have quotients
# that agree to this, and nothing is known of the coordinate. Where two agree, the function is smooth.
AGREEMENT = 1e-5

# An error counts relative to the coordinate's own gradient, or to this share of the segment's largest if that
# is more: what is a thousand times smaller than its neighbours drowns in rounding.
SHARE_OF_LARGEST = 1e-2
LEAST_SCALE = 1e-4


@dataclass(frozen=True)
class GradientCheck:
    """How well the gradient of one segment, or of the input, agrees with finite differences."""

    name: str
    """``<layer>/<role>``, or ``input``."""
    shape: tuple[int, ...]
    checked: int
    """How many coordinates were compared; those with a kink too near are not."""
    error: float
    """The largest relative error among them; nan if there are none, or a gradient is not finite."""

    @property
    def passed(self) -> bool:
        """Whether the error is at most ``TOLERANCE``."""
        return self.error <= TOLERANCE


def check_network(
    network: Network,
    loss: Loss,
    x: Array,
    labels: NDArray[np.intp],
    *,
    training: bool = True,
    coordinates: int | None = None,
    seed: int = 0,
) -> list[GradientCheck]:
    """Compare every gradient with central differences of fourth order,

        f'(a) ≈ [8 (f(a + h) - f(a - h)) - (f(a + 2h) - f(a - 2h))] / 12h.

    Dropout drops the same elements in every evaluation. Parameters, buffers and generators are left as found.

    Args:
        network: of float64.
        loss: the mean loss.
        x: inputs, shape (n, *network.input_shape), float64.
        labels: shape (n,).
        training: whether the network trains (dropout on) or evaluates.
        coordinates: how many to compare in each segment and in the input, drawn at random; None compares all.
        seed: of that draw.

    Returns:
        One row for every segment, in the order of the layers, and one for the input.

    Raises:
        UserError: the network is not of float64, whose precision this needs.
    """
    if network.dtype != np.float64:
        raise UserError(f"gradients are checked in float64; this network is of {network.dtype}")
    x = x.copy()
    random_state = network.random_state()
    buffers = {name: buffer.copy() for name, buffer in network.buffers.items()}

    def evaluate() -> float:
        network.set_random_state(random_state)
        return loss.forward(network.forward(x, training), labels)

    evaluate()
    input_gradient = network.backward(loss.backward(), input_gradient=True)
    assert input_gradient is not None
    places = {
        segment.name: (segment.view.reshape(-1), segment.gradient.flatten(), segment.shape)
        for segment in sorted(network.parameters, key=_layer_order(network))
    }
    places[INPUT] = (x.reshape(-1), input_gradient.flatten(), network.input_shape)
    rows = []
    for name, (values, gradient, shape) in places.items():
        generator = np.random.default_rng(spawn(seed, name))
        chosen = np.arange(values.size)
        if coordinates is not None and coordinates < values.size:
            chosen = np.sort(generator.choice(values.size, coordinates, replace=False))
        rows.append(GradientCheck(name, shape, *_compare(evaluate, values, gradient, chosen)))
    for name, buffer in buffers.items():
        np.copyto(network.buffers[name], buffer)
    network.set_random_state(random_state)
    return rows


def _layer_order(network: Network) -> Callable[[object], int]:
    position = {row.name: index for index, row in enumerate(network.summary())}
    return lambda segment: position.get(getattr(segment, "layer", ""), len(position))


def _compare(
    evaluate: Callable[[], float], values: Array, gradient: Array, chosen: NDArray[np.intp]
) -> tuple[int, float]:
    """Return how many of the chosen coordinates could be compared, and the largest relative error."""
    if not np.isfinite(gradient).all():
        return len(chosen), float("nan")
    least = max(SHARE_OF_LARGEST * float(np.abs(gradient).max(initial=0.0)), LEAST_SCALE)
    errors = []
    for index in chosen:
        expected = float(gradient[index])
        found: list[float] = []
        for step in STEPS:
            found.append(_derivative(evaluate, values, int(index), step))
            if _difference(found[-1], expected, least) <= TOLERANCE / 10:
                break
        error = min(_difference(one, expected, least) for one in found)
        # A comparison with nan is false: that coordinate counts, as wrong.
        if error > TOLERANCE and all(
            _difference(one, next_one, least) > AGREEMENT for one, next_one in itertools.pairwise(found)
        ):
            continue
        errors.append(error)
    return len(errors), max(errors, default=0.0 if len(chosen) == 0 else float("nan"))


def _difference(one: float, other: float, least: float) -> float:
    """Return the difference relative to the larger of two numbers, or to ``least``."""
    return abs(one - other) / max(abs(one), abs(other), least)


def _derivative(evaluate: Callable[[], float], values: Array, index: int, step: float) -> float:
    """Return the derivative of ``evaluate`` by one element of ``values``, which is put back."""
    original = values[index]
    results = []
    for offset in (step, -step, 2 * step, -2 * step):
        values[index] = original + offset
        results.append(evaluate())
    values[index] = original
    forward, back, far_forward, far_back = results
    return (8 * (forward - back) - (far_forward - far_back)) / (12 * step)
