"""The schedules, one file each."""

from __future__ import annotations

from swatch.optim.schedules.constant import Constant
from swatch.optim.schedules.cosine import Cosine
from swatch.optim.schedules.one_cycle import OneCycle

__all__ = ["Constant", "Cosine", "OneCycle"]
