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
    cannot overflow. Sigmoids σ(z) = 1 / (1 + exp(-z)) do not add up to 1, and are divided by their sum: that
    is the softmax of log σ(z) = min(z, 0) - log(1 + exp(-|z|)), finite even where every σ rounds to 0. What
    is a probability itself is divided by the sum too; where all are 0, all classes are equally probable.

    Args:
        logits: a network's output, shape (n, classes); it is not changed.
        output: one of ``OUTPUTS``.

    Raises:
        UserError: there is no such ``output``.
    """
    found: NDArray[np.floating[Any]]
    if check_output(output) == "identity":
        found = logits.copy()
        found[~found.any(axis=1)] = 1
    else:
        if output == "sigmoid":
            logits = np.minimum(logits, 0) - np.log1p(np.exp(-np.abs(logits)))
        found = np.exp(logits - logits.max(axis=1, keepdims=True))
    found /= found.sum(axis=1, keepdims=True)
    return found
