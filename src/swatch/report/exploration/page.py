"""An exploration as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from swatch.report.exploration.augmenting import Augmented
from swatch.report.exploration.findings import distance, findings, headline
from swatch.report.exploration.pictures import Pictures
from swatch.report.rendering import asset, environment, write_page

if TYPE_CHECKING:
    from swatch.data.exploring.copies import Member
    from swatch.data.exploring.exploration import Exploration
    from swatch.data.exploring.parts import Part

_BINS = 64
_GALLERY = 12
# The largest possible standard deviation of bytes, half of them black and half white, is drawn white.
_DEVIATION_SCALE = 2


@dataclass(frozen=True)
class Labelled:
    """A picture with what stands below it."""

    picture: str
    title: str
    text: str


@dataclass(frozen=True)
class ClassRow:
    """One class: its counts in every part and its pictures."""

    name: str
    counts: Sequence[int]
    share: float
    """Of the most frequent class, in the training part."""
    mean: str | None
    deviation: str | None
    samples: Sequence[str]


def write(exploration: Exploration, augmented: Sequence[Augmented], command: str, path: Path) -> None:
    """Write the page.

    Args:
        exploration: what it shows.
        augmented: the same images after each augmentation.
        command: what the user typed, for the end of the page.
        path: where to; an earlier page is replaced, whole.

    Raises:
        UserError: the disk refuses.
    """
    write_page(path, render(exploration, augmented, command))


def render(exploration: Exploration, augmented: Sequence[Augmented], command: str) -> str:
    """Return the page as HTML; equal explorations give equal text."""
    pictures = Pictures(_count(exploration, augmented), exploration.image_shape)
    template = environment().get_template("exploration.html.j2")
    copies = exploration.copies
    # Most images are mostly black or mostly white: those bars may not flatten the others.
    highest = 1.1 * max(float(_bars(part)[1:-1].max()) for part in exploration.parts) or 1.0
    telling = [*copies.contradictions, *copies.leaks, *copies.groups]
    return str(
        template.render(
            exploration=exploration,
            headline=headline(exploration),
            findings=findings(exploration),
            classes=_classes(exploration, pictures),
            histograms=[_outline(part, highest) for part in exploration.parts],
            highest=highest,
            bins=_BINS,
            parts=_parts(exploration),
            copies=[_copy(exploration, group, pictures) for group in list(dict.fromkeys(telling))[:_GALLERY]],
            groups=len(copies.groups),
            faint=_faint(exploration, pictures),
            augmented=[
                (each, [pictures(image) for image in each.images]) for each in augmented if not each.trouble
            ],
            unusable=[each for each in augmented if each.trouble],
            columns=max((len(each.images) for each in augmented), default=1),
            command=command,
            style=asset("report.css") + asset("exploration.css"),
            script=asset("controls.js"),
        )
    )


def _count(exploration: Exploration, augmented: Sequence[Augmented]) -> int:
    """Return how many pictures the page may hold."""
    of_classes = sum(2 + len(looks.samples) for looks in exploration.classes if looks is not None)
    return of_classes + sum(len(each.images) for each in augmented) + 2 * _GALLERY


def _classes(exploration: Exploration, pictures: Pictures) -> list[ClassRow]:
    most = max(int(exploration.training.counts.max()), 1)
    images = exploration.training.data.images
    rows = []
    for label, (name, looks) in enumerate(zip(exploration.class_names, exploration.classes, strict=True)):
        counts = [int(part.counts[label]) for part in exploration.parts]
        mean = deviation = None
        samples: list[str] = []
        if looks is not None:
            mean = pictures(looks.mean.round())
            deviation = pictures((_DEVIATION_SCALE * looks.deviation).round().clip(0, 255))
            samples = [pictures(images[row]) for row in looks.samples]
        rows.append(ClassRow(name, counts, counts[0] / most, mean, deviation, samples))
    return rows


def _bars(part: Part) -> NDArray[np.float64]:
    """Return the shares of a part's pixels in each step from black to white, shape (_BINS,)."""
    shares: NDArray[np.float64] = part.shares.reshape(_BINS, -1).sum(axis=1)
    return shares


def _outline(part: Part, highest: float) -> dict[str, Any]:
    """Return the outline of a part's histogram as points of the drawing; ``highest`` is at its top."""
    heights = np.minimum(_bars(part) / highest, 1)
    edges = np.arange(_BINS + 1) / _BINS
    points = [(0.0, 0.0)]
    for place, height in enumerate(heights):
        points += [(edges[place], float(height)), (edges[place + 1], float(height))]
    points.append((1.0, 0.0))
    return {"name": part.name, "points": [(40 + 700 * x, 210 - 200 * y) for x, y in points]}


def _parts(exploration: Exploration) -> list[dict[str, Any]]:
    copies = exploration.copies
    return [
        {
            "name": part.name,
            "images": len(part),
            "mean": part.mean,
            "deviation": part.deviation,
            "black": float(part.shares[0]),
            "empty": len(part.nearly_empty),
            "repeated": copies.within(place),
            "leaked": copies.shared(0, place) if place else None,
            "distance": distance(exploration.training, part) if place else None,
        }
        for place, part in enumerate(exploration.parts)
    ]


def _copy(exploration: Exploration, group: Sequence[Member], pictures: Pictures) -> Labelled:
    first = group[0]
    names = exploration.class_names
    found = [f"{exploration.parts[each.part].name} {each.row:,}" for each in group]
    more = len(found) - 3
    labels = dict.fromkeys(names[each.label] for each in group)
    picture = pictures(exploration.parts[first.part].data.images[first.row])
    places = ", ".join(found[:3]) + (f" and {more:,} more" if more > 0 else "")
    return Labelled(picture, " / ".join(labels), places)


def _faint(exploration: Exploration, pictures: Pictures) -> list[Labelled]:
    """Return the images with the least contrast, the emptiest first."""
    found = [
        (float(part.contrasts[place]), part, int(part.rows[place]))
        for part in exploration.parts
        for place in np.argsort(part.contrasts, kind="stable")[:_GALLERY]
    ]
    found.sort(key=lambda each: each[0])
    return [
        Labelled(
            pictures(part.data.images[row]),
            exploration.class_names[int(part.data.labels[row])],
            f"{part.name} {row:,}, deviation {contrast:.1f}",
        )
        for contrast, part, row in found[:_GALLERY]
    ]
