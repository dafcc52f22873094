"""A neural network from scratch: NumPy and nothing else."""

from __future__ import annotations

from swatch.nn.layers import (
    ELU,
    GELU,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Identity,
    LayerNorm,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    SiLU,
    Sin,
    Softmax,
    Tanh,
)
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
    "ELU",
    "GELU",
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "CrossEntropy",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "Loss",
    "MaxPool2d",
    "MeanSquaredError",
    "Module",
    "Network",
    "Parameters",
    "QuadraticCost",
    "ReLU",
    "Residual",
    "Segment",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Sin",
    "Softmax",
    "Tanh",
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
