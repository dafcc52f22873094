"""The losses, one file each."""

from __future__ import annotations

from swatch.nn.losses.cross_entropy import CrossEntropy
from swatch.nn.losses.mean_squared_error import MeanSquaredError
from swatch.nn.losses.quadratic_cost import QuadraticCost

__all__ = ["CrossEntropy", "MeanSquaredError", "QuadraticCost"]
