"""The models: functions that return a module to be built; one file each."""

from __future__ import annotations

from swatch.nn.models.alexnet import alexnet
from swatch.nn.models.cnn import cnn
from swatch.nn.models.logistic import logistic
from swatch.nn.models.mlp import mlp
from swatch.nn.models.resnet_small import resnet_small
from swatch.nn.models.starter_cnn import starter_cnn

__all__ = ["alexnet", "cnn", "logistic", "mlp", "resnet_small", "starter_cnn"]
