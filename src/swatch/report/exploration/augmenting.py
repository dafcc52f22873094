"""What each augmentation does to the same images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.data.exploring.exploration import Exploration
from swatch.errors import UserError

SHOWN = 10
_MEASURED = 250
_DRAWS = 8
_GROUP = "augmentation"


@dataclass(frozen=True)
class Augmented:
    """The same training images after one choice of the config group.

    Attributes:
        name: the choice.
        description: what its file says of it.
        images: uint8, shape (k, height, width, channels), k at most 10; the strongest of eight draws.
        changed: share of up to 250 images that it changed, in batches of 10.
        change: mean absolute change of a pixel of these, in bytes.
        trouble: why it cannot be used on these images, in words; else empty.
    """

    name: str
    description: str
    images: NDArray[np.uint8]
    changed: float = 0.0
    change: float = 0.0
    trouble: str = ""


def augment_all(exploration: Exploration, overrides: Sequence[str], seed: int = 0) -> list[Augmented]:
    """Apply every choice of the group ``augmentation`` to the same images.

    Args:
        exploration: whose training images are taken, the first of each class first.
        overrides: of the config; if one of them chooses an augmentation, that one alone is applied.
        seed: of the random changes.

    Raises:
        UserError: an override is wrong, or the augmentation that it chooses cannot be used.
    """
    from swatch.compose import groups

    chosen = any(text.lstrip("+~").startswith((f"{_GROUP}=", f"{_GROUP}.")) for text in overrides)
    choices = [None] if chosen else sorted(groups()[_GROUP], key=lambda name: (name != "none", name))
    rows = _rows(exploration)
    images, labels = exploration.training.data.images[rows], exploration.training.data.labels[rows]
    return [
        _augment(choice, overrides, images, labels, len(exploration.class_names), seed) for choice in choices
    ]


def _rows(exploration: Exploration) -> NDArray[np.intp]:
    """Return training images: one of each class, then the next of each."""
    part = exploration.training
    labels = part.labels
    order = np.argsort(labels, kind="stable")
    place = np.arange(len(labels)) - np.searchsorted(labels[order], labels[order])
    return part.rows[order[np.argsort(place, kind="stable")][:_MEASURED]]


def _augment(
    choice: str | None,
    overrides: Sequence[str],
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    classes: int,
    seed: int,
) -> Augmented:
    from swatch.compose import build, compose
    from swatch.compose.documentation import comments
    from swatch.compose.locations import find

    composition = compose([*overrides, *([] if choice is None else [f"{_GROUP}={choice}"])])
    name = composition.choices.get(_GROUP, "none")
    path = find().file_of(_GROUP, name)
    description = comments(path)[0] if path is not None else ""
    try:
        augmentation = build(composition.config.augmentation)
        batches = range(0, len(images), SHOWN)
        parts = [slice(start, start + SHOWN) for start in batches]
        results = [
            _apply(augmentation, images[part], labels[part], classes, np.random.default_rng((seed, place)))
            for place, part in enumerate(parts)
        ]
        draws = [
            _apply(
                augmentation, images[:SHOWN], labels[:SHOWN], classes, np.random.default_rng((seed, place))
            )
            for place in range(_DRAWS)
        ]
    except UserError as error:
        if choice is None:
            raise
        return Augmented(name, description, images[:0], trouble=str(error))
    difference = _difference(np.concatenate(results), images)
    changed = float((difference > 0).mean())
    # Some change whole batches at a time, others hardly anything most of the time: what is shown shows it.
    shown = max(draws, key=lambda result: float(_difference(result, images[:SHOWN]).mean()))
    return Augmented(name, description, shown, changed, float(difference.mean()))


def _difference(result: NDArray[np.uint8], images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the mean absolute change of each image's pixels, shape (n,)."""
    change = np.abs(result.astype(np.int16) - images).reshape(len(images), -1)
    means: NDArray[np.float64] = change.mean(axis=1)
    return means


def _apply(
    augmentation: Any,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    classes: int,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    result = augmentation.apply(images.copy(), rng).copy()
    if augmentation.mixes:
        inputs = (result / np.float32(255)).astype(np.float32)
        shares = np.zeros((len(images), classes), np.float32)
        shares[np.arange(len(images)), labels] = 1
        augmentation.mix(inputs, shares, rng)
        result = np.rint(inputs.clip(0, 1) * 255).astype(np.uint8)
    return np.asarray(result)
