"""What a case of scripts/benchmark.py is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# The columns of the tables; whatever else a case times is a variant of torch.
OURS, EAGER, GEMM = "swatch", "torch", "GEMM only"

STEPS = "One training step: forward, loss, backward, Adam"
OPTIMIZERS = "One step of an optimizer"
EPOCHS = "One epoch of 60,000 images through the Trainer, tracked offline"
AUGMENTATIONS = "Augmentation of one epoch of 60,000 images, in batches of 128"
START_UP = "Start-up"
KINDS = (STEPS, OPTIMIZERS, EPOCHS, AUGMENTATIONS, START_UP)

Step = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """Something to time."""

    name: str
    kind: str
    """Cases of one kind share a table."""
    contestants: Callable[[], dict[str, Step]] | None = None
    """Makes the functions to time, by column."""
    calls: int = 1
    """How many calls one number is the time of."""
    times: Callable[[int], dict[str, float]] | None = None
    """Measures by itself instead: from the number of repeats to medians in µs, by column."""
