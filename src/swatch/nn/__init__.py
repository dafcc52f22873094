"""A neural network from scratch: NumPy and nothing else."""

from __future__ import annotations

from swatch.nn.layers import Dropout, Flatten, Identity, Linear, ReLU, Sigmoid, Tanh
from swatch.nn.loss import Loss
from swatch.nn.losses import CrossEntropy
from swatch.nn.models import logistic, mlp
from swatch.nn.module import Module
from swatch.nn.network import Network
from swatch.nn.parameters import Parameters, Segment
from swatch.nn.sequential import Sequential

__all__ = [
    "CrossEntropy",
    "Dropout",
    "Flatten",
    "Identity",
    "Linear",
    "Loss",
    "Module",
    "Network",
    "Parameters",
    "ReLU",
    "Segment",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "logistic",
    "mlp",
]
