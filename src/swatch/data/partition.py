"""How every data set is parted and normalized, whatever its images come from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from swatch.data.normalization import Normalization, check_kind, fit
from swatch.data.split import check_split, stratified_split


class Partitioned:
    """The part of a source that is the same for all of them.

    Args:
        validation_fraction: share of the training set that is held out for validation, in [0, 1).
        split_seed: decides which images those are.
        normalization: "unit", "centred" or "standardized".
        limit: use only so many images of the training set, for quick tries; None for all.

    Raises:
        UserError: a value out of range.
    """

    def __init__(
        self, *, validation_fraction: float, split_seed: int, normalization: str, limit: int | None
    ) -> None:
        check_kind(normalization)
        check_split(validation_fraction, split_seed, limit)
        self.validation_fraction = validation_fraction
        self.split_seed = split_seed
        self.limit = limit
        self._normalization = normalization

    def split(self, labels: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return sorted indices into the training set: (training part, validation part), stratified.

        Raises:
            UserError: ``limit`` is larger than the training set.
        """
        return stratified_split(labels, self.validation_fraction, self.split_seed, self.limit)

    def normalizer(self, images: NDArray[np.uint8], indices: NDArray[np.intp]) -> Normalization:
        """Return the normalization, its constants from ``images[indices]`` (the training part) alone."""
        return fit(self._normalization, images, indices)
