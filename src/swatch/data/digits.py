"""scikit-learn's digits: 1,797 grey 8×8 images of handwritten digits, which need no network.

They are the test part of the UCI set "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak,
1998), counted down to 16 levels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from swatch.data.converted import ConvertedSource
from swatch.data.problems import Cleaning
from swatch.data.progress import Progress
from swatch.data.source import LocatedFile
from swatch.data.split import stratified_split
from swatch.data.store import Reading
from swatch.errors import UserError

_WHITE = 16


class Digits(ConvertedSource):
    """The data set, as it comes with scikit-learn; it has no test set of its own, so one is set apart.

    Args:
        test_fraction: share of the images that is the test set, the classes in equal proportion, in (0, 1).
        test_seed: decides which images those are.
        cache: keeps the arrays (scikit-learn takes two seconds to import); null is ``SWATCH_DATA``, else the
            user's cache folder.
        validation_fraction: share of the training set that is held out for validation, in [0, 1).
        split_seed: decides which images those are.
        normalization: "unit", "centred" or "standardized".
        limit: use only so many images of the training set, for quick tries; null for all.

    Raises:
        UserError: a value out of range.
    """

    def __init__(
        self,
        *,
        test_fraction: float = 0.2,
        test_seed: int = 0,
        cache: str | None = None,
        validation_fraction: float = 0.1,
        split_seed: int = 0,
        normalization: str = "standardized",
        limit: int | None = None,
    ) -> None:
        super().__init__(
            title="digits",
            kind="digits",
            cache=cache,
            validation_fraction=validation_fraction,
            split_seed=split_seed,
            normalization=normalization,
            limit=limit,
        )
        if not 0 < test_fraction < 1:
            raise UserError(f"test_fraction must lie between 0 and 1, found {test_fraction}")
        if test_seed < 0:
            raise UserError(f"test_seed must not be negative, found {test_seed}")
        self.test_fraction = test_fraction
        self.test_seed = test_seed

    @property
    def has_test_set(self) -> bool:
        """True: it is set apart here."""
        return True

    def files(self) -> Sequence[LocatedFile]:
        """Return nothing: the images come with a library."""
        return ()

    def _place(self, *, test: bool) -> Mapping[str, Any]:
        return {"test": test, "test_fraction": self.test_fraction, "test_seed": self.test_seed}

    def _contents(self, *, test: bool) -> str:
        return f"scikit-learn {version('scikit-learn')}"

    def _read(self, names: Sequence[str] | None, progress: Progress, *, test: bool) -> Reading:
        from sklearn.datasets import load_digits

        found = load_digits()
        labels = found.target.astype(np.uint8)
        images = np.rint(found.images * (255 / _WHITE)).astype(np.uint8)[..., np.newaxis]
        parts = stratified_split(labels, self.test_fraction, self.test_seed)
        rows = parts[1] if test else parts[0]
        return Reading(images[rows], labels[rows], tuple(map(str, range(10))), Cleaning(len(rows), "images"))
