"""What a search answers when it has no point."""

from __future__ import annotations

import enum

from swatch.sweep.records import Point


class Signal(enum.Enum):
    """Why there is no point; the value says it in words."""

    NOT_NOW = "running trials decide whether there is more to try"
    """Ask again when a running trial has ended."""
    EXHAUSTED = "every point has been tried"
    NOT_WORTH_IT = "the model expects less of another trial than --stop-gain asks for"


NOT_NOW, EXHAUSTED, NOT_WORTH_IT = Signal.NOT_NOW, Signal.EXHAUSTED, Signal.NOT_WORTH_IT

Proposal = Point | Signal
