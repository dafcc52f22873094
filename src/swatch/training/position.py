"""Where a training stands, exactly."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass
class Position:
    """The place in the run and the sums of the epoch under way; all of it goes into a checkpoint."""

    epoch: int = 1
    """The epoch under way; one more than the number of epochs once all are done."""
    batch: int = 0
    """Batches of this epoch that are done."""
    step: int = 0
    """Optimizer steps done since the start."""
    samples: int = 0
    """Training samples seen in this epoch."""
    loss_sum: float = 0.0
    """Sum of the losses of these samples."""
    penalty_sum: float = 0.0
    """Sum of the penalties on the parameters at this epoch's steps."""
    correct: int = 0
    """How many of them were classified rightly, as the step saw them."""
    seconds: float = 0.0
    """Wall-clock seconds of training steps in this epoch, over all resumptions."""
    total_seconds: float = 0.0
    """Wall-clock seconds of training and validation in earlier epochs."""

    def next_epoch(self, seconds: float) -> None:
        """Go to the beginning of the next epoch; ``seconds`` is what this one took in all."""
        self.total_seconds += seconds
        self.epoch += 1
        self.batch = self.samples = self.correct = 0
        self.loss_sum = self.penalty_sum = self.seconds = 0.0

    def state(self) -> dict[str, Any]:
        """Return the values for a checkpoint; JSON keeps the floats exactly."""
        return dataclasses.asdict(self)
