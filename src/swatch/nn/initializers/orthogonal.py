"""Random orthogonal matrices."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def orthogonal(
    shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator, scale: float = 1.0
) -> NDArray[np.float64]:
    """Return scale times a matrix whose columns (or rows, if those are fewer) are orthonormal.

    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks" (2013): a product of such matrices, if they are square, keeps the length of every vector. The
    last axis is that of the outputs; all others together are the inputs. Q of a normal matrix's QR
    decomposition, its columns turned so that R has a positive diagonal, is uniform over all orthogonal
    matrices (Mezzadri, 2007).
    """
    rows, columns = math.prod(shape[:-1]), shape[-1]
    normal = generator.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(normal)
    q *= np.sign(np.diagonal(r))
    return scale * (q if rows >= columns else q.T).reshape(shape)
