"""The Matérn-5/2 kernel with one length scale for each coordinate."""

from __future__ import annotations

import numpy as np

from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.search.bayes.encoding import BoolArray

SQRT5 = 5.0**0.5


def squared_differences(rows: FloatArray, categorical: BoolArray) -> FloatArray:
    """Return the squared difference of every pair of ``rows`` (n, d) in each coordinate, as (d, n, n).

    In a categorical coordinate it is 1 for different values (Hamming distance).
    """
    columns = rows.T
    differences = columns[:, :, None] - columns[:, None, :]
    differences[categorical] = differences[categorical] != 0
    return np.square(differences, out=differences)


def squared_distances(
    left: FloatArray, right: FloatArray, lengths: FloatArray, categorical: BoolArray
) -> FloatArray:
    """Return r² = Σ (Δ/ℓ)² between the rows of ``left`` (m, d) and ``right`` (n, d), as (m, n)."""
    numeric = ~categorical
    a, b = left[:, numeric] / lengths[numeric], right[:, numeric] / lengths[numeric]
    squares = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b)
    squares -= 2.0 * (a @ b.T)
    np.maximum(squares, 0.0, out=squares)
    for index in np.flatnonzero(categorical):
        squares += (left[:, index, None] != right[:, index]) / lengths[index] ** 2
    result: FloatArray = squares
    return result


def matern52(squares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return k(r) = (1 + √5 r + 5/3 r²) e^(−√5 r) and −2 dk/d(r²) = 5/3 (1 + √5 r) e^(−√5 r), from r².

    Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning", equation 4.17. The derivative
    is taken by r², so that it is finite at r = 0.
    """
    distances = SQRT5 * np.sqrt(squares)
    decay = np.exp(-distances)
    slope = (5.0 / 3.0) * (1.0 + distances) * decay
    return (1.0 + distances + (5.0 / 3.0) * squares) * decay, slope
