"""The layers, one file each."""

from __future__ import annotations

from swatch.nn.layers.dropout import Dropout
from swatch.nn.layers.flatten import Flatten
from swatch.nn.layers.identity import Identity
from swatch.nn.layers.linear import Linear
from swatch.nn.layers.relu import ReLU
from swatch.nn.layers.sigmoid import Sigmoid
from swatch.nn.layers.tanh import Tanh

__all__ = ["Dropout", "Flatten", "Identity", "Linear", "ReLU", "Sigmoid", "Tanh"]
