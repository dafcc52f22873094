"""Optimizers and schedules, one file each."""

from __future__ import annotations

from swatch.optim.adam import Adam
from swatch.optim.momentum import Momentum
from swatch.optim.optimizer import Optimizer
from swatch.optim.schedule import Schedule
from swatch.optim.sgd import SGD

__all__ = ["SGD", "Adam", "Momentum", "Optimizer", "Schedule"]
