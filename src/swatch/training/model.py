"""A trained network with what belongs before and after it: from images to probabilities of named classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.data.normalization import Normalization
from swatch.errors import UserError
from swatch.nn import Network, probabilities
from swatch.nn.finite import check_finite
from swatch.nn.flip_average import forward
from swatch.nn.outputs import check_output

BATCH_SIZE = 1000
"""Images that are predicted at a time, as in validation: its answers come again bit for bit."""


class Model:
    """A network that predicts.

    Args:
        network: trained, with outputs of shape (classes,).
        classes: names of the classes, in the order of the outputs; None numbers them.
        normalization: what training made of the images' bytes; None for inputs that are taken as they are.
        output: what makes probabilities of the network's outputs: see ``swatch.nn.probabilities``.
        flip_average: average the outputs for each image and its mirror image.

    Raises:
        UserError: the number of names is not that of the outputs, or there is no such ``output``.
    """

    def __init__(
        self,
        network: Network,
        classes: tuple[str, ...] | None = None,
        normalization: Normalization | None = None,
        output: str = "softmax",
        flip_average: bool = False,
    ) -> None:
        if len(network.output_shape) != 1:
            raise UserError(f"a model puts out vectors, and the network's outputs are {network.output_shape}")
        count = network.output_shape[0]
        self.network = network
        self.classes = tuple(map(str, range(count))) if classes is None else tuple(classes)
        if len(self.classes) != count:
            raise UserError(f"classes has {len(self.classes)} names, and the network {count} outputs")
        self.normalization = normalization
        self.output = check_output(output)
        self.flip_average = flip_average

    def predict_proba(self, images: NDArray[Any]) -> NDArray[np.floating[Any]]:
        """Return the probability of every class.

        Args:
            images: shape (n, *input_shape); uint8 is normalized as in training, floating-point numbers are
                taken for inputs that are normalized already. A last axis of length 1 may be missing.

        Returns:
            Shape (n, classes), of the network's type.

        Raises:
            UserError: the shape or the type does not fit, or some numbers are not finite.
        """
        return self.probabilities(self.logits(images))

    def probabilities(self, logits: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Return the probabilities that belong to what ``logits`` returned, both of shape (n, classes)."""
        return probabilities(logits, self.output)

    def logits(self, images: NDArray[Any]) -> NDArray[np.floating[Any]]:
        """Return the network's outputs, of which a loss makes probabilities; see ``predict_proba``."""
        network = self.network
        images = np.asarray(images)
        if (*images.shape[1:], 1) == network.input_shape:
            images = images[..., np.newaxis]
        if images.shape[1:] != network.input_shape:
            raise UserError(
                f"the model takes images of shape {network.input_shape}, found {images.shape[1:]}"
            )
        if images.dtype.kind != "f" and (images.dtype != np.uint8 or self.normalization is None):
            takes = "floating-point numbers" if self.normalization is None else "uint8"
            raise UserError(f"the model takes {takes}, found {images.dtype}")
        if images.dtype.kind == "f":
            check_finite(images, "images")
        found = np.empty((len(images), len(self.classes)), network.dtype)
        size = min(BATCH_SIZE, network.batch_size)
        for start in range(0, len(images), size):
            part = slice(start, start + size)
            found[part] = forward(network, self._inputs(images[part]), self.flip_average)
        return found

    def predict(self, images: NDArray[Any]) -> NDArray[np.intp]:
        """Return the index of the most probable class of every image, shape (n,).

        Raises:
            UserError: as ``predict_proba``.
        """
        found: NDArray[np.intp] = self.predict_proba(images).argmax(axis=1)
        return found

    def _inputs(self, images: NDArray[Any]) -> NDArray[np.floating[Any]]:
        """Return contiguous inputs of the network's type."""
        if images.dtype != np.uint8 or self.normalization is None:
            return np.ascontiguousarray(images, self.network.dtype)
        inputs = self.normalization.apply(images, np.empty(images.shape, np.float32))
        return inputs.astype(self.network.dtype, copy=False)
