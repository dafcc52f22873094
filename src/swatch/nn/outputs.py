"""From a network's output to probabilities, for predictions; losses have it fused with their gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError, did_you_mean
from swatch.nn.arrays import Array

OUTPUTS = ("softmax", "sigmoid", "identity")
"""What makes probabilities of a network's output; ``identity`` is for networks that end in one of these."""


def check_output(output: str) -> str:
    """Return ``output``.

    Raises:
        UserError: it is none of ``OUTPUTS``; the message begins with ``output``.
    """
    if output not in OUTPUTS:
        raise UserError(
            f"output must be one of {', '.join(OUTPUTS)}, not '{output}'.{did_you_mean(output, OUTPUTS)}"
        )
    return output


def probabilities(logits: Array, output: str = "softmax") -> NDArray[np.floating[Any]]:
    """Return the probability of every class, a new array of shape (n, classes).

    softmax(z)_c = exp(z_c) / Σ_k exp(z_k), with the largest z subtracted first, which changes nothing but
    cannot overflow. The sigmoid 1 / (1 + exp(-z)) is written as (1 + tanh(z / 2)) / 2 for the same reason.
    Every row is divided by its sum, as sigmoids do not add up to 1.

    Args:
        logits: a network's output, shape (n, classes); it is not changed.
        output: one of ``OUTPUTS``.

    Raises:
        UserError: there is no such ``output``.
    """
    found: NDArray[np.floating[Any]]
    if check_output(output) == "softmax":
        found = np.exp(logits - logits.max(axis=1, keepdims=True))
    elif output == "sigmoid":
        found = (1 + np.tanh(logits / 2)) / 2
    else:
        found = logits.copy()
    found /= found.sum(axis=1, keepdims=True)
    return found
