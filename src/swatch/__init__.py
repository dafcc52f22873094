"""Swatch: hyperparameter sweeps of a neural network written from scratch in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from swatch.classifier import Classifier as Classifier

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import scikit-learn for the estimator only when it is asked for."""
    if name == "Classifier":
        from swatch.classifier import Classifier

        return Classifier
    raise AttributeError(f"module 'swatch' has no attribute '{name}'")
