"""What modules ask for while a network is built: parameters, buffers, random numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from swatch.nn.arrays import Array
from swatch.nn.initializers import Initializer
from swatch.nn.parameters import Parameters, Segment
from swatch.seeding import spawn


class Builder:
    """Collects what the modules of one network need, then allocates and initialises it.

    Every initial value and every dropout stream comes from (seed, name), so that adding a layer leaves
    the numbers of the others as they were.

    Args:
        seed: the run's seed.
        dtype: of parameters and work arrays.

    Attributes:
        parameters: the announced segments.
        buffers: arrays that are saved and not trained, by name.
        generators: random number generators of training, by layer.
    """

    def __init__(self, seed: np.random.SeedSequence | int, dtype: DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self.parameters = Parameters(self.dtype)
        self.buffers: dict[str, Array] = {}
        self.generators: dict[str, np.random.Generator] = {}
        self._init_seed = spawn(seed, "init")
        self._dropout_seed = spawn(seed, "dropout")
        self._initializers: dict[str, tuple[Initializer, int, int]] = {}

    def parameter(
        self, layer: str, role: str, shape: tuple[int, ...], initializer: Initializer, fans: tuple[int, int]
    ) -> Segment:
        """Announce a parameter.

        Args:
            layer: name of the layer.
            role: ``weight``, ``bias``, ``scale`` or ``shift``.
            shape: shape of the parameter.
            initializer: draws the initial values.
            fans: inputs that one output sums up, and outputs that one input reaches.
        """
        segment = self.parameters.add(layer, role, shape)
        self._initializers[segment.name] = (initializer, *fans)
        return segment

    def buffer(self, layer: str, role: str, value: Array) -> Array:
        """Announce an array that is saved with the network and not trained, and return it."""
        self.buffers[f"{layer}/{role}"] = value
        return value

    def generator(self, layer: str) -> np.random.Generator:
        """Return a layer's stream of random numbers for training."""
        self.generators[layer] = np.random.default_rng(spawn(self._dropout_seed, layer))
        return self.generators[layer]

    def finish(self) -> None:
        """Allocate the parameters and draw their initial values."""
        self.parameters.allocate()
        for segment in self.parameters:
            initializer, fan_in, fan_out = self._initializers[segment.name]
            generator = np.random.default_rng(spawn(self._init_seed, segment.name))
            segment.view[...] = initializer(segment.shape, fan_in, fan_out, generator)
