"""Optimizers and schedules, one file each."""

from __future__ import annotations

from swatch.optim.adagrad import Adagrad
from swatch.optim.adam import Adam
from swatch.optim.adamw import AdamW
from swatch.optim.eve import Eve
from swatch.optim.lion import Lion
from swatch.optim.momentum import Momentum
from swatch.optim.nadam import Nadam
from swatch.optim.nesterov import Nesterov
from swatch.optim.optimizer import Optimizer
from swatch.optim.rmsprop import RMSprop
from swatch.optim.schedule import Schedule
from swatch.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Eve",
    "Lion",
    "Momentum",
    "Nadam",
    "Nesterov",
    "Optimizer",
    "RMSprop",
    "Schedule",
]
