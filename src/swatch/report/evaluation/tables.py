"""An evaluation in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swatch.console import shown_path
from swatch.report.confusion import Confusion, confusion_of
from swatch.report.evaluation.class_curves import NOT_KEPT, class_sparklines
from swatch.report.terminal.widths import least_width

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from swatch.evaluation.evaluating import Evaluation

LARGEST_MATRIX = 20
"""Larger matrices do not fit; the page has them."""

MEASURES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_precision": "precision, mean over classes",
    "macro_recall": "recall, mean over classes",
    "macro_f1": "F1, mean over classes",
    "weighted_f1": "F1, weighted by samples",
    "log_loss": "log loss",
    "loss": "loss of the training",
    "expected_calibration_error": "expected calibration error",
    "largest_calibration_error": "largest calibration error",
}
"""What people call the measures, in the order in which they are shown."""


def show(evaluation: Evaluation, out: Console) -> None:
    """Print the measures with their intervals, the confusion matrix, and the scores of every class."""
    confusion = prepared(evaluation)
    title = (
        f"{evaluation.run_name}: {evaluation.dataset}, {evaluation.split}, {len(evaluation.labels):,} images"
    )
    out.print(title, markup=False, soft_wrap=True, style="bold")
    out.print(_measures(evaluation))
    show_matrix(confusion, out)
    curves = class_sparklines(evaluation.class_accuracies, confusion.labels)
    classes = _classes(confusion, curves, evaluation)
    fits = curves is None or least_width(classes, out) <= out.width
    out.print(classes if fits else _classes(confusion, None, evaluation))
    if curves is None:
        out.print(NOT_KEPT, markup=False, soft_wrap=True, style="dim")
    for mistake in confusion.mistakes[:3]:
        times = "once" if mistake.count == 1 else f"{mistake.count:,} times"
        often = f"{times}, {mistake.share:.1%} of the class"
        text = f"{mistake.actual} taken for {mistake.predicted}: {often}"
        out.print(text, markup=False, soft_wrap=True)


def warning(readings: int) -> Text:
    """Return the line that says that the test set was read."""
    from rich.text import Text

    text = "THE TEST SET WAS READ, for the first time for this run. Choose nothing by it."
    if readings > 1:
        text = (
            f"THE TEST SET WAS READ, {readings} times now for this run. Whatever is chosen by these figures "
            "makes them too good; decide on `--split val`."
        )
    return Text(text, style="bold yellow")


def warning_of_changes(files: tuple[str, ...]) -> Text:
    """Return the line that says that the data are other ones than at the training."""
    from rich.text import Text

    names = ", ".join(files)
    verb = "has" if len(files) == 1 else "have"
    text = (
        f"OTHER DATA: {names} {verb} changed since the training. The parts may be other ones too, so that "
        "validation and test may hold images that the network has learnt from."
    )
    return Text(text, style="bold yellow")


def show_page(page: Path, out: Console) -> None:
    """Print where the page is."""
    out.print(f"page  {shown_path(page)}", markup=False, soft_wrap=True)


def prepared(evaluation: Evaluation) -> Confusion:
    """Return the confusion matrix for display."""
    raw = {"labels": evaluation.class_names, "counts": evaluation.counts}
    found = confusion_of({"confusion_matrix": raw})
    assert found is not None
    return found


def plain(evaluation: Evaluation) -> dict[str, Any]:
    """Return everything but the images as plain values."""
    scores, learnt = evaluation.scores, evaluation.class_accuracies
    return {
        "run": evaluation.run_id,
        "split": evaluation.split,
        "images": len(evaluation.labels),
        "metrics": evaluation.metrics,
        "intervals": {name: [each.low, each.high] for name, each in evaluation.intervals.items()},
        "per_class": [
            {"label": label, "precision": precision, "recall": recall, "f1": f1, "support": support}
            for label, precision, recall, f1, support in zip(
                evaluation.class_names,
                scores.precision.tolist(),
                scores.recall.tolist(),
                scores.f1.tolist(),
                scores.support.tolist(),
                strict=True,
            )
        ],
        "confusion_matrix": {"labels": evaluation.class_names, "counts": evaluation.counts},
        "class_accuracy": None if learnt is None else {"epochs": learnt.epochs, "curves": learnt.curves},
    }


def _measures(evaluation: Evaluation) -> Table:
    table = _table()
    table.add_column("measure")
    table.add_column("value", justify="right")
    table.add_column("95% interval", justify="right", style="dim")
    for name, title in MEASURES.items():
        interval = evaluation.intervals.get(name)
        shown = "" if interval is None else f"{interval.low:.4f} to {interval.high:.4f}"
        table.add_row(title, f"{evaluation.metrics[name]:.4f}", shown)
    return table


def _classes(confusion: Confusion, curves: list[str] | None, evaluation: Evaluation) -> Table:
    """Return the scores of every class and, where it was kept, how it was learnt."""
    from rich.text import Text

    table = _table()
    table.add_column("class")
    for title in ("precision", "recall", "F1", "images"):
        table.add_column(title, justify="right", no_wrap=True)
    if curves is not None and evaluation.class_accuracies is not None:
        epochs = evaluation.class_accuracies.epochs
        table.add_column(f"validation, epochs {epochs[0]} to {epochs[-1]}", no_wrap=True)
    lowest = min(score.f1 for score in confusion.scores)
    for place, score in enumerate(confusion.scores):
        values = [f"{score.precision:.3f}", f"{score.recall:.3f}", f"{score.f1:.3f}", f"{score.support:,}"]
        values += [] if curves is None else [curves[place]]
        # A class may be called [red], which would be an instruction.
        table.add_row(Text(score.label), *values, style="red" if score.f1 == lowest else "")
    return table


def show_matrix(confusion: Confusion, out: Console) -> None:
    """Print the confusion matrix, if it fits."""
    if len(confusion.labels) > LARGEST_MATRIX:
        return
    table = matrix_table(confusion)
    if least_width(table, out) <= out.width:
        out.print(table)
    else:
        out.print("The confusion matrix is wider than this terminal; the page has it.", style="dim")


def matrix_table(confusion: Confusion) -> Table:
    """Return the counts; errors are the stronger the larger they are, and the diagonal steps back."""
    from rich.text import Text

    table = _table()
    table.add_column("true class")
    for number in range(len(confusion.labels)):
        table.add_column(str(number), justify="right", no_wrap=True)
    for number, (label, row) in enumerate(zip(confusion.labels, confusion.rows, strict=True)):
        cells = []
        for cell in row:
            style = "dim" if cell.is_diagonal or cell.count == 0 else ""
            if not cell.is_diagonal and cell.count_strength > 0.2:
                style = "bold red" if cell.count_strength > 0.5 else "yellow"
            cells.append(Text(str(cell.count) if cell.count else "·", style=style))
        table.add_row(Text(f"{number} {label}"), *cells)
    return table


def _table() -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
