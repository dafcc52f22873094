"""An exponential moving average of weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.nn.arrays import Array, aligned_zeros
from swatch.optim.optimizer import BLOCK, fraction


class WeightAverage:
    """a ← d a + (1 - d) θ after every step; the averaged network is often the better one.

    Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992), with the exponential
    weights of Szegedy et al. (2015). So that the first, random weights are forgotten quickly, step t, counted
    from 0, uses d_t = min(d, (1 + t) / (10 + t)), as TensorFlow does. Buffers (the running statistics of
    norms) are averaged along.

    Args:
        decay: d, in [0, 1).

    Raises:
        UserError: ``decay`` is outside [0, 1).
    """

    def __init__(self, decay: float) -> None:
        self.decay = fraction("weight_average", decay)
        self.steps = 0
        self._pairs: list[tuple[Array, Array]] = []
        self._work: Array = aligned_zeros(0, np.float32)

    def bind(self, values: Array, buffers: Mapping[str, Array]) -> None:
        """Take the arrays to average: the parameters' flat vector, and the network's buffers."""
        live = [values, *(buffer.reshape(-1) for _, buffer in sorted(buffers.items()))]
        self._pairs = [(array, array.copy()) for array in live]
        self._work = aligned_zeros(min(BLOCK, max(array.size for array in live)), values.dtype)
        self.steps = 0

    def update(self) -> None:
        """Take one step's weights into the average."""
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        self.steps += 1
        for live, average in self._pairs:
            for start in range(0, live.size, BLOCK):
                new, old = live[start : start + BLOCK], average[start : start + BLOCK]
                work = self._work[: new.size]
                # a + (1 - d) (θ - a)
                np.subtract(new, old, out=work)
                np.multiply(work, 1 - decay, out=work)
                np.add(old, work, out=old)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the average in the place of the weights while the block runs."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self) -> None:
        for live, average in self._pairs:
            for start in range(0, live.size, BLOCK):
                new, old = live[start : start + BLOCK], average[start : start + BLOCK]
                work = self._work[: new.size]
                np.copyto(work, new)
                np.copyto(new, old)
                np.copyto(old, work)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what an exact resume needs; the arrays are the live ones: copy or write them at once."""
        averages = {f"average{index}": average for index, (_, average) in enumerate(self._pairs)}
        return {"steps": np.asarray(self.steps), **averages}

    def load_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take a state that ``state`` returned; ``bind`` comes first.

        Raises:
            ValueError: it belongs to another network.
        """
        for index, (_, average) in enumerate(self._pairs):
            stored = state[f"average{index}"]
            if stored.shape != average.shape:
                raise ValueError(f"the average has {average.size} elements, found shape {stored.shape}")
            np.copyto(average, stored)
        self.steps = int(state["steps"])
