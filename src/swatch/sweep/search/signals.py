"""What a search answers when it has no point."""

from __future__ import annotations

import enum

from swatch.sweep.records import Point


class Signal(enum.Enum):
    """Why there is no point."""

    NOT_NOW = "not now"
    """Ask again when a running trial has ended."""
    EXHAUSTED = "exhausted"
    """Every point has been tried."""


NOT_NOW, EXHAUSTED = Signal.NOT_NOW, Signal.EXHAUSTED

Proposal = Point | Signal
