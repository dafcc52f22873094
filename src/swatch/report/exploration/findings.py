"""What a person should know of a data set before training on it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from swatch.data.exploring.exploration import Exploration
from swatch.data.exploring.parts import NEARLY_EMPTY, Part

_UNBALANCED = 1.5
_NOTICED_SHIFT = 0.05
_NAMED = 4
_STEPS = 16


@dataclass(frozen=True)
class Finding:
    """One sentence; ``is_warning`` if it should change what one does."""

    text: str
    is_warning: bool = False


def headline(exploration: Exploration) -> str:
    """Return the data set in one line."""
    height, width, channels = exploration.image_shape
    colours = {1: "grey", 3: "colour"}.get(channels, f"{channels}-channel")
    opened = "" if exploration.test_opened else " to train and validate"
    return (
        f"{exploration.title}: {exploration.images:,} {colours} images of {height}×{width} pixels{opened}, "
        f"{len(exploration.class_names)} classes"
    )


def findings(exploration: Exploration) -> list[Finding]:
    """Return what was found, warnings first."""
    found = [
        *_missing(exploration),
        *_balance(exploration),
        *_copies(exploration),
        *_empty(exploration),
        *_pixels(exploration),
        *_shift(exploration),
        *(Finding(text, is_warning=True) for text in exploration.cleaning),
    ]
    return sorted(found, key=lambda finding: not finding.is_warning)


def distance(first: Part, second: Part) -> float:
    """Return the share of pixels that would have to move to another of 16 steps of brightness, 0 to 1."""
    difference = (first.shares - second.shares).reshape(_STEPS, -1).sum(axis=1)
    return float(np.abs(difference).sum() / 2)


def _missing(exploration: Exploration) -> Iterator[Finding]:
    for part in exploration.parts:
        names = [exploration.class_names[label] for label in np.flatnonzero(part.counts == 0).tolist()]
        if names:
            yield Finding(f"The {part.name} part has no image of {_list(names)}.", is_warning=True)


def _balance(exploration: Exploration) -> Iterator[Finding]:
    counts = exploration.training.counts
    rarest, commonest = int(counts.argmin()), int(counts.argmax())
    low, high = int(counts[rarest]), int(counts[commonest])
    if low == high:
        yield Finding(f"The classes are balanced: {low:,} training images each.")
    elif low:
        names = exploration.class_names
        ratio = high / low
        times = "nearly as many" if ratio < 1.1 else f"{ratio:,.{1 if ratio < 10 else 0}f} times as many"
        text = (
            f"The rarest class, {names[rarest]}, has {low:,} training {_images(low)} and the most frequent, "
            f"{names[commonest]}, has {high:,}: {times}."
        )
        unbalanced = ratio > _UNBALANCED
        advice = (
            " Judge by the balanced accuracy too: accuracy favours frequent classes." if unbalanced else ""
        )
        yield Finding(text + advice, is_warning=unbalanced)


def _copies(exploration: Exploration) -> Iterator[Finding]:
    copies = exploration.copies
    if not copies.groups:
        yield Finding(f"No image occurs twice among the {exploration.images:,}.")
        return
    names = copies.parts
    for first in range(len(names)):
        if count := copies.within(first):
            verb = "repeats" if count == 1 else "repeat"
            yield Finding(
                f"{count:,} {_images(count)} of the {names[first]} part {verb} another of it exactly."
            )
        for second in range(first + 1, len(names)):
            if count := copies.shared(first, second):
                verb = "is" if count == 1 else "are"
                yield Finding(
                    f"{count:,} {names[second]} {_images(count)} {verb} also in the {names[first]} part, "
                    "pixel for pixel: there a network need only remember.",
                    is_warning=True,
                )
    if count := len(copies.contradictions):
        noun = "image has" if count == 1 else "images have"
        yield Finding(f"{count:,} {noun} copies with different labels.", is_warning=True)


def _empty(exploration: Exploration) -> Iterator[Finding]:
    for part in exploration.parts:
        if count := len(part.nearly_empty):
            verb = "is" if count == 1 else "are"
            yield Finding(
                f"{count:,} {part.name} {_images(count)} {verb} nearly empty: the pixels' standard deviation "
                f"is below {NEARLY_EMPTY:g} of 255.",
                is_warning=True,
            )


def _pixels(exploration: Exploration) -> Iterator[Finding]:
    part = exploration.training
    yield Finding(
        f"{part.shares[0]:.0%} of the training pixels are black and {part.shares[255]:.1%} white; their mean "
        f"is {part.mean:.1f} of 255, their standard deviation {part.deviation:.1f}."
    )


def _shift(exploration: Exploration) -> Iterator[Finding]:
    for part in exploration.parts[1:]:
        shift = distance(exploration.training, part)
        if shift > _NOTICED_SHIFT:
            yield Finding(
                f"The {part.name} images differ from the training images: {shift:.1%} of the pixels would "
                f"need another brightness (means {part.mean:.1f} and {exploration.training.mean:.1f}).",
                is_warning=True,
            )


def _images(count: int) -> str:
    return "image" if count == 1 else "images"


def _list(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
