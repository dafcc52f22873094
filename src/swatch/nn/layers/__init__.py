"""The layers, one file each."""

from __future__ import annotations

from swatch.nn.layers.avg_pool2d import AvgPool2d
from swatch.nn.layers.batch_norm import BatchNorm
from swatch.nn.layers.conv2d import Conv2d
from swatch.nn.layers.dropout import Dropout
from swatch.nn.layers.elu import ELU
from swatch.nn.layers.flatten import Flatten
from swatch.nn.layers.gelu import GELU
from swatch.nn.layers.global_avg_pool2d import GlobalAvgPool2d
from swatch.nn.layers.identity import Identity
from swatch.nn.layers.layer_norm import LayerNorm
from swatch.nn.layers.leaky_relu import LeakyReLU
from swatch.nn.layers.linear import Linear
from swatch.nn.layers.max_pool2d import MaxPool2d
from swatch.nn.layers.relu import ReLU
from swatch.nn.layers.residual import Residual
from swatch.nn.layers.sigmoid import Sigmoid
from swatch.nn.layers.silu import SiLU
from swatch.nn.layers.sin import Sin
from swatch.nn.layers.softmax import Softmax
from swatch.nn.layers.tanh import Tanh

__all__ = [
    "ELU",
    "GELU",
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MaxPool2d",
    "ReLU",
    "Residual",
    "SiLU",
    "Sigmoid",
    "Sin",
    "Softmax",
    "Tanh",
]
