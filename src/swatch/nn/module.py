"""What every part of a network is: a module that computes forward and differentiates backward."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from swatch.nn.arrays import Array, FixedArray, WorkArray
from swatch.nn.builder import Builder

Shape = tuple[int, ...]

# What outputs can be: any numbers, of which a softmax makes probabilities; what an activation makes of them;
# or numbers in [0, 1], one for each class.
LOGITS, ACTIVATIONS, PROBABILITIES = "logits", "activations", "probabilities"


class Module(ABC):
    """A differentiable part of a network.

    A module is described by its constructor, then built once for the shape of its inputs, which makes its
    parameters and work arrays. ``forward`` and ``backward`` return work arrays that the next call overwrites;
    after the first step they allocate nothing.

    Attributes:
        name: unique in the network, such as ``linear1``.
        input_shape: shape of one input sample.
        output_shape: shape of one output sample.
        trainable: whether it has parameters.
        comes_first: whether nothing before it has any: training does not need the gradient of its input. The
            work array of that is called ``_input_gradient``, and made when it is asked for.
        arguments: what its constructor was given, by name; a saved model describes itself by them.
    """

    name: str = ""
    input_shape: Shape = ()
    output_shape: Shape = ()
    trainable: bool = False
    comes_first: bool = False
    arguments: Mapping[str, Any] = {}

    def __init_subclass__(cls) -> None:
        """Let the constructor remember its arguments."""
        super().__init_subclass__()
        if "__init__" in vars(cls):
            cls.__init__ = _remembering(cls.__init__)  # type: ignore[method-assign]

    def build(self, builder: Builder, input_shape: Shape, name: str) -> Shape:
        """Announce parameters and buffers for inputs of one shape, and return the shape of the outputs.

        Raises:
            UserError: the module does not take such inputs.
        """
        self.name = name
        self.input_shape = input_shape
        announced = len(builder.parameters.segments)
        self.comes_first = announced == 0
        self.output_shape = self.setup(builder)
        self.trainable = len(builder.parameters.segments) > announced
        return self.output_shape

    @abstractmethod
    def setup(self, builder: Builder) -> Shape:
        """Announce what ``input_shape`` asks for, make the work arrays, and return the output's shape."""

    @abstractmethod
    def forward(self, x: Array, training: bool) -> Array:
        """Return the output for a batch, and keep what ``backward`` needs.

        Args:
            x: shape (n, *input_shape); it is not changed.
            training: False evaluates (no dropout).

        Returns:
            Shape (n, *output_shape); overwritten by the next call.
        """

    @abstractmethod
    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Write the gradients of the parameters, and return that of the last ``forward``'s input.

        Args:
            grad_output: dL/d(output), shape (n, *output_shape); it may be overwritten.
            input_gradient: False spares the work: nothing below has parameters.

        Returns:
            dL/d(input), shape (n, *input_shape); None may come if it was not asked for.
        """

    def puts_out(self, comes_in: str) -> str:
        """Return what the outputs are: ``logits``, ``activations`` or ``probabilities``.

        Args:
            comes_in: what the inputs are; a module that does not change it returns it.
        """
        return LOGITS

    @property
    def multiply_adds(self) -> int:
        """Multiplications with an addition in the matrix products of a forward pass, for one sample."""
        return 0

    def memory(self, samples: int) -> int:
        """Return the bytes of the module's own work arrays in training with batches of ``samples``."""
        return sum(
            value.memory(samples)
            for name, value in vars(self).items()
            if isinstance(value, WorkArray | FixedArray)
            and not (self.comes_first and name == "_input_gradient")
        )

    def children(self) -> tuple[Module, ...]:
        """Return the modules that this one consists of."""
        return ()


def _remembering(construct: Callable[..., None]) -> Callable[..., None]:
    """Return a constructor that also keeps its arguments as ``arguments``."""
    signature = inspect.signature(construct)

    @wraps(construct)
    def remembering(self: Module, *args: Any, **kwargs: Any) -> None:
        construct(self, *args, **kwargs)
        given = dict(signature.bind(self, *args, **kwargs).arguments)
        del given[next(iter(given))]
        # Set after the constructor, so that a subclass's arguments take the place of its base's.
        self.arguments = given

    return remembering
