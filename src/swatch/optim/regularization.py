"""Penalties on the size of parameters, in loss and gradient, and a bound on the norm of weights."""

from __future__ import annotations

import fnmatch
from collections.abc import Container, Mapping, Sequence
from functools import partial

import numpy as np

from swatch.errors import UserError, did_you_mean
from swatch.nn.arrays import Array, aligned_zeros
from swatch.nn.parameters import BIAS, WEIGHT, Parameters, Segment
from swatch.optim.optimizer import BLOCK, not_negative

Coefficient = float | Mapping[str, float]
_EVERY = "*"


class Regularization:
    """R(θ) = Σ_segments [λ₁ Σ|θ| + λ₂/2 Σθ²], added to the loss; λ₁ sign θ + λ₂ θ, to the gradient.

    Weights and biases have coefficients of their own; the parameters of norms have none. λ₂ is what the
    gradient sees, as with torch's ``weight_decay``: plain gradient descent with learning rate η multiplies θ
    by 1 - η λ₂. Keras's penalty has no half: its ``l2`` is λ₂ / 2. (``optimizer.weight_decay`` does the same
    without a part in the loss, and decoupled from adaptive steps.)

    With ``max_norm`` c, the weights that lead to one unit are scaled back to a Euclidean norm of c after
    every step that made it larger (Srivastava et al., "Dropout", 2014, 5.1).

    Each coefficient is a number, or a mapping from the names of layers, such as ``{linear1: 0.001}``, where
    ``*`` stands for anything; the last name that fits a layer counts, and others have none.

    Args:
        l1: λ₁ of weights.
        l2: λ₂ of weights.
        bias_l1: λ₁ of biases.
        bias_l2: λ₂ of biases.
        max_norm: c; None bounds nothing.
        layers: names of the layers that all this is for, such as ``[linear1]``; None takes all.

    Raises:
        UserError: a value is out of range.
    """

    def __init__(
        self,
        l1: Coefficient = 0.0,
        l2: Coefficient = 0.0,
        bias_l1: Coefficient = 0.0,
        bias_l2: Coefficient = 0.0,
        max_norm: float | None = None,
        layers: Sequence[str] | None = None,
    ) -> None:
        self._l1 = {WEIGHT: _by_layer("l1", l1), BIAS: _by_layer("bias_l1", bias_l1)}
        self._l2 = {WEIGHT: _by_layer("l2", l2), BIAS: _by_layer("bias_l2", bias_l2)}
        if max_norm is not None and not 0 < max_norm < float("inf"):
            raise UserError(f"max_norm must be a finite number above 0, found {max_norm}")
        self.max_norm = max_norm
        self.layers = None if layers is None else tuple(layers)
        self._spans: list[tuple[slice, int, float]] = []
        self._bounded: list[Segment] = []
        self._work: Array = aligned_zeros(0, np.float32)

    @property
    def has_penalty(self) -> bool:
        """Whether anything is added to the loss; known after ``bind``."""
        return bool(self._spans)

    def bind(self, parameters: Parameters) -> None:
        """Find the parts of a network's parameters that this is about.

        Raises:
            UserError: a layer is named that the network does not have, or that has no parameters.
        """
        chosen = self._chosen(parameters)
        for key, of_role in (("l1", self._l1), ("l2", self._l2)):
            for prefix, role in (("", WEIGHT), ("bias_", BIAS)):
                for pattern in of_role[role]:
                    _matching(f"{prefix}{key}", pattern, parameters)
        self._spans = []
        for power, coefficients in ((1, self._l1), (2, self._l2)):
            for part, coefficient in parameters.spans(partial(_coefficient, coefficients, chosen)):
                for start in range(part.start, part.stop, BLOCK):
                    self._spans.append((slice(start, min(start + BLOCK, part.stop)), power, coefficient))
        longest = max((part.stop - part.start for part, _, _ in self._spans), default=0)
        self._work = aligned_zeros(longest, parameters.dtype)
        self._bounded = [
            segment
            for segment in parameters
            if self.max_norm is not None and segment.role == WEIGHT and segment.layer in chosen
        ]

    def penalize(self, values: Array, gradients: Array) -> float:
        """Add the penalty's gradient to ``gradients`` in place, and return R.

        Args:
            values: the parameters' flat vector, shape (size,).
            gradients: of the same shape.
        """
        total = 0.0
        for part, power, coefficient in self._spans:
            theta, gradient = values[part], gradients[part]
            work = self._work[: theta.size]
            if power == 1:
                np.sign(theta, out=work)
                np.multiply(work, coefficient, out=work)
            else:
                np.multiply(theta, coefficient, out=work)
            # θ sign θ = |θ| and θ θ / 2: the derivative holds the value.
            total += float(np.dot(theta, work)) / power
            np.add(gradient, work, out=gradient)
        return total

    def project(self) -> None:
        """Scale the weights back that lead to a unit with a norm above ``max_norm``."""
        assert self.max_norm is not None or not self._bounded
        for segment in self._bounded:
            weights = segment.view.reshape(-1, segment.shape[-1])
            norms = np.sqrt(np.einsum("io,io->o", weights, weights))
            too_long = norms > self.max_norm
            if too_long.any():
                weights[:, too_long] *= (self.max_norm / norms[too_long]).astype(weights.dtype)

    def _chosen(self, parameters: Parameters) -> set[str]:
        patterns = (_EVERY,) if self.layers is None else self.layers
        return {layer for pattern in patterns for layer in _matching("layers", pattern, parameters)}


def _by_layer(name: str, value: Coefficient) -> dict[str, float]:
    """Return a coefficient as a mapping from the names of layers.

    Raises:
        UserError: it is no number, negative or not finite; the message begins with ``name``.
    """
    if not isinstance(value, Mapping):
        return {_EVERY: not_negative(name, value)}
    for layer, each in value.items():
        if not isinstance(each, int | float):
            raise UserError(f"{name}.{layer} must be a number, not {each!r}")
    return {str(layer): not_negative(f"{name}.{layer}", each) for layer, each in value.items()}


def _matching(name: str, pattern: str, parameters: Parameters) -> list[str]:
    """Return the layers with parameters that a pattern fits.

    Raises:
        UserError: there is none; the message begins with ``name``.
    """
    known = list(dict.fromkeys(segment.layer for segment in parameters))
    matching = fnmatch.filter(known, pattern)
    if not matching and pattern != _EVERY:
        raise UserError(
            f"{name} names '{pattern}', and the layers with parameters are {', '.join(known)}."
            f"{did_you_mean(pattern, known)}"
        )
    return matching


def _coefficient(
    coefficients: Mapping[str, Mapping[str, float]], layers: Container[str], segment: Segment
) -> float:
    found = 0.0
    if segment.layer in layers:
        for pattern, value in coefficients.get(segment.role, {}).items():
            if fnmatch.fnmatchcase(segment.layer, pattern):
                found = value
    return found
