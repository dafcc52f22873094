"""A whole data set, looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swatch.data.exploring.copies import Copies, find_copies
from swatch.data.exploring.parts import ClassImages, Part, look, measure
from swatch.data.source import Source

_MOST_SAMPLES, _FEWEST_SAMPLES, _ALL_SAMPLES = 12, 2, 400


@dataclass(frozen=True)
class Exploration:
    """What was found in a data set.

    Attributes:
        title: what people call the data set.
        class_names: in the order of the labels.
        image_shape: height, width, channels.
        parts: training and validation; test too if it was opened.
        classes: what each class looks like in the training part; None if it has no image there.
        copies: equal images.
        cleaning: what was left out when each part of the files was read, in words.
        has_test_set: whether there is one, opened or not.
    """

    title: str
    class_names: Sequence[str]
    image_shape: tuple[int, int, int]
    parts: Sequence[Part]
    classes: Sequence[ClassImages | None]
    copies: Copies
    cleaning: Sequence[str]
    has_test_set: bool

    @property
    def training(self) -> Part:
        """The part that networks learn from."""
        return self.parts[0]

    @property
    def images(self) -> int:
        """Number of images in all parts that were opened."""
        return sum(map(len, self.parts))

    @property
    def test_opened(self) -> bool:
        """Whether the test images were read."""
        return len(self.parts) > 2


def explore(source: Source, *, test: bool = False) -> Exploration:
    """Look at a data set; without ``test``, no file of the test set is opened.

    Raises:
        UserError: the data cannot be had or is wrong, or there is no test set.
    """
    source.prepare(test=test)
    dataset = source.training_set()
    training, validation = source.split(dataset.labels)
    names = tuple(source.class_names)
    parts = [
        measure("training", dataset, training, len(names)),
        measure("validation", dataset, validation, len(names)),
    ]
    if test:
        other = source.test_set()
        parts.append(measure("test", other, np.arange(len(other)), len(names)))
    samples = max(_FEWEST_SAMPLES, min(_MOST_SAMPLES, _ALL_SAMPLES // len(names)))
    return Exploration(
        title=source.title,
        class_names=names,
        image_shape=source.image_shape,
        parts=parts,
        classes=[look(parts[0], label, samples) for label in range(len(names))],
        copies=find_copies(parts),
        cleaning=_left_out(source, test=test),
        has_test_set=source.has_test_set,
    )


def _left_out(source: Source, *, test: bool) -> list[str]:
    """Return what was dropped on reading, for data sets that may drop something."""
    found = []
    for is_test in (False, True)[: 1 + test]:
        cleaning = source.cleaning(test=is_test)
        if cleaning is not None and cleaning.dropped:
            place = "test" if is_test else "training and validation"
            found.append(f"Left out when the {place} images were read: {cleaning.sentence()}.")
    return found
