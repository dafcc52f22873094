"""What a retrained network does on its training images and on the test images, in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from swatch.console import shown_path
from swatch.report.confusion import confusion_of
from swatch.report.evaluation.tables import LARGEST_MATRIX, MEASURES, show_matrix

if TYPE_CHECKING:
    from rich.console import Console

    from swatch.evaluation.retraining import Judged

_TITLES = {"train": "training images", "test": "test images"}
_SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss")


def show_judged(judged: Sequence[Judged], pages: Sequence[Path], out: Console) -> None:
    """Print the measures of both parts side by side, both confusion matrices, and where the pages lie."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("measure")
    for each in judged:
        table.add_column(f"{each.images:,} {_TITLES[each.split]}", justify="right")
    for name in _SHOWN:
        table.add_row(MEASURES[name], *(f"{each.metrics[name]:.4f}" for each in judged))
    out.print(table)
    for each in judged:
        confusion = confusion_of({"confusion_matrix": {"labels": each.labels, "counts": each.counts}})
        if confusion is None or len(confusion.labels) > LARGEST_MATRIX:
            continue
        out.print(f"Confusion matrix, {_TITLES[each.split]}", style="bold")
        show_matrix(confusion, out)
    for page in pages:
        if page.exists():
            out.print(f"page  {shown_path(page)}", markup=False, soft_wrap=True)
