"""Swatch: hyperparameter sweeps of a neural network written from scratch in NumPy."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from swatch.classifier import Classifier as Classifier
    from swatch.training.model import Model as Model
    from swatch.training.model_file import load_model as load_model
    from swatch.training.model_file import save_model as save_model

__version__ = "0.1.0"


# What is imported when it is asked for: scikit-learn and Hydra take their time.
_MODULES = {
    "Classifier": "swatch.classifier",
    "Model": "swatch.training.model",
    "load_model": "swatch.training.model_file",
    "save_model": "swatch.training.model_file",
}


def __getattr__(name: str) -> Any:
    """Import what this package offers by name."""
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'swatch' has no attribute '{name}'")
