"""How large a model is; costly tests pass over very large ones."""

from __future__ import annotations

import numpy as np
import pytest

from swatch.nn import Module
from swatch.nn.builder import Builder

# Parameters, for images of 28x28.
LARGEST = 3_000_000


def count(model: Module) -> int:
    """The parameters of a model for images of 28x28, without making them."""
    builder = Builder(0, np.float32)
    model.build(builder, (28, 28, 1), "")
    return sum(segment.size for segment in builder.parameters)


def skip_if_large(model: Module) -> None:
    if (size := count(model)) > LARGEST:
        pytest.skip(f"{size:,} parameters")
