"""One seed per run, and from it an independent stream of random numbers for every purpose."""

from __future__ import annotations

import hashlib

import numpy as np


def spawn(seed: np.random.SeedSequence | int, purpose: str) -> np.random.SeedSequence:
    """Return the seed of one purpose: ``init``, ``dropout``, ``shuffle``, ``augmentation``...

    It depends on ``seed`` and the name alone, not on what else was spawned before or will be: a new
    purpose changes no other one's numbers. ``SeedSequence.spawn`` counts its children instead.

    Args:
        seed: the run's seed, a whole number of at least 0, or a seed that was spawned itself.
        purpose: any text.
    """
    parent = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    words = np.frombuffer(hashlib.sha256(purpose.encode()).digest()[:16], "<u4")
    return np.random.SeedSequence(
        entropy=parent.entropy,
        spawn_key=(*parent.spawn_key, *(int(word) for word in words)),
        pool_size=parent.pool_size,
    )
