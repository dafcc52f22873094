"""The models: functions that return a module to be built; one file each."""

from __future__ import annotations

from swatch.nn.models.logistic import logistic
from swatch.nn.models.mlp import mlp

__all__ = ["logistic", "mlp"]
