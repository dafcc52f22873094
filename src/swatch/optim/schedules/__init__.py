"""The schedules, one file each."""

from __future__ import annotations

from swatch.optim.schedules.constant import Constant
from swatch.optim.schedules.cosine import Cosine
from swatch.optim.schedules.cosine_restarts import CosineRestarts
from swatch.optim.schedules.exponential import Exponential
from swatch.optim.schedules.inverse_time import InverseTime
from swatch.optim.schedules.one_cycle import OneCycle
from swatch.optim.schedules.plateau import Plateau
from swatch.optim.schedules.step import Step

__all__ = [
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Exponential",
    "InverseTime",
    "OneCycle",
    "Plateau",
    "Step",
]
