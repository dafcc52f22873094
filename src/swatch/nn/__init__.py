"""A neural network from scratch: NumPy and nothing else."""

from __future__ import annotations

from swatch.nn import layers
from swatch.nn.layers import *  # noqa: F403 - a new layer is exported there alone
from swatch.nn.loss import Loss
from swatch.nn.losses import CrossEntropy, MeanSquaredError, QuadraticCost
from swatch.nn.models import alexnet, cnn, logistic, mlp, resnet_small, starter_cnn
from swatch.nn.module import Module
from swatch.nn.network import Network
from swatch.nn.outputs import probabilities
from swatch.nn.parameters import Parameters, Segment
from swatch.nn.saving import load_parameters, save_parameters
from swatch.nn.sequential import Sequential

__all__ = [
    "CrossEntropy",
    "Loss",
    "MeanSquaredError",
    "Module",
    "Network",
    "Parameters",
    "QuadraticCost",
    "Segment",
    "Sequential",
    "alexnet",
    "cnn",
    "load_parameters",
    "logistic",
    "mlp",
    "probabilities",
    "resnet_small",
    "save_parameters",
    "starter_cnn",
]
__all__ += layers.__all__
