"""An exploration in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from swatch.report.exploration.augmenting import Augmented
from swatch.report.exploration.findings import distance, findings, headline
from swatch.report.exploration.pictures import as_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from swatch.data.exploring.exploration import Exploration

_MOST_CLASSES, _MOST_DRAWN = 40, 20
_BAR, _PICTURE, _BINS = 24, 16, 64
_LEVELS = "▁▂▃▄▅▆▇█"


def show(exploration: Exploration, augmented: Sequence[Augmented], out: Console) -> None:
    """Print counts, a picture of each class, the pixels' histogram, the parts and the augmentations."""
    out.print(headline(exploration), markup=False, soft_wrap=True, style="bold")
    for finding in findings(exploration):
        mark, style = ("! ", "yellow") if finding.is_warning else ("  ", "")
        out.print(mark + finding.text, markup=False, soft_wrap=True, style=style)
    if not exploration.test_opened:
        text = "no test set" if not exploration.has_test_set else "the test set was not opened (--test does)"
        out.print(f"  Not looked at: {text}.", markup=False, style="dim")
    out.print(_classes(exploration))
    out.print(_pictures(exploration, out.width), markup=False, soft_wrap=True)
    out.print()
    out.print("how many pixels there are, from black (that bar is cut off) to white:", markup=False)
    out.print(_histogram(exploration), markup=False, soft_wrap=True)
    out.print(_parts(exploration))
    if augmented:
        out.print(_augmentations(augmented))


def _classes(exploration: Exploration) -> Table:
    table = _table()
    table.add_column("class")
    for part in exploration.parts:
        table.add_column(part.name, justify="right")
    table.add_column("")
    most = max(int(exploration.training.counts.max()), 1)
    order = range(len(exploration.class_names))
    for label in order[:_MOST_CLASSES]:
        counts = [int(part.counts[label]) for part in exploration.parts]
        bar = "█" * round(_BAR * counts[0] / most)
        table.add_row(_escaped(exploration.class_names[label]), *(f"{count:,}" for count in counts), bar)
    if len(order) > _MOST_CLASSES:
        table.add_row(f"and {len(order) - _MOST_CLASSES} more classes, which the page has")
    return table


def _pictures(exploration: Exploration, width: int) -> str:
    """Return a training image of each class, side by side as far as the width goes."""
    drawn: list[list[str]] = []
    for name, looks in zip(exploration.class_names, exploration.classes, strict=True):
        if looks is not None and len(drawn) < _MOST_DRAWN:
            image = exploration.training.data.images[looks.samples[0]]
            drawn.append([name[:_PICTURE].ljust(_PICTURE), *as_text(image, _PICTURE)])
    abreast = max((width + 2) // (_PICTURE + 2), 1)
    rows = [drawn[start : start + abreast] for start in range(0, len(drawn), abreast)]
    lines = ["  ".join(line).rstrip() for row in rows for line in [*zip(*row, strict=True), ("",)]]
    return "\n".join(lines).rstrip("\n")


def _histogram(exploration: Exploration) -> str:
    counts = exploration.training.histogram.reshape(_BINS, -1).sum(axis=1)
    # Most images are mostly black, beside which nothing else would show: that bar is cut off.
    heights = np.minimum(counts / max(int(counts[1:].max()), 1), 1)
    levels = (heights * (len(_LEVELS) - 1)).round().astype(int)
    return "".join(_LEVELS[level] if count else " " for level, count in zip(levels, counts, strict=True))


def _parts(exploration: Exploration) -> Table:
    table = _table()
    table.add_column("part", no_wrap=True)
    for title in ("images", "mean", "deviation", "nearly empty", "repeated", "in training", "pixels differ"):
        # A heading may break between its words, never within one.
        table.add_column(title, justify="right", min_width=max(map(len, title.split())))
    copies = exploration.copies
    for place, part in enumerate(exploration.parts):
        table.add_row(
            part.name,
            f"{len(part):,}",
            f"{part.mean:.1f}",
            f"{part.deviation:.1f}",
            f"{len(part.nearly_empty):,}",
            f"{copies.within(place):,}",
            f"{copies.shared(0, place):,}" if place else "",
            f"{distance(exploration.training, part):.2%}" if place else "",
        )
    return table


def _augmentations(augmented: Sequence[Augmented]) -> Table:
    table = _table()
    table.add_column("augmentation", no_wrap=True)
    table.add_column("changes", justify="right", no_wrap=True)
    table.add_column("a pixel by", justify="right", no_wrap=True)
    table.add_column("")
    for each in augmented:
        figures = ("–", "–") if each.trouble else (f"{each.changed:.0%}", f"{each.change:.1f}")
        table.add_row(each.name, *figures, _escaped(each.trouble or each.description))
    return table


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _table() -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
