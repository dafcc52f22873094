"""Predictions of images for the terminal and for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from swatch.evaluation.pictures import draw
from swatch.evaluation.predicting import Prediction, Predictor, Unreadable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

CANDIDATES = 3
"""Classes that are shown of an image: the best and the next two."""

_BAR = 20
_GAP = 2
_WIDTH_WITH_BARS = 80
_SURE, _UNSURE = 0.9, 0.5


def block(predictor: Predictor, prediction: Prediction, out: Console) -> RenderableType:
    """Return an image's prediction beside a small picture of what the network saw.

    Args:
        predictor: who made it.
        prediction: of one file.
        out: the console that will show it.
    """
    from rich.table import Table
    from rich.text import Text

    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(no_wrap=True)
    facts.add_column(justify="right", no_wrap=True)
    for rank, place in enumerate(prediction.best(CANDIDATES)):
        share = float(prediction.probabilities[place])
        style = _style(share) if rank == 0 else "dim"
        cells = [predictor.model.classes[place], _percent(share)]
        cells += [_bar(share, out)] if out.width >= _WIDTH_WITH_BARS else []
        facts.add_row(*(Text(cell, style=style) for cell in cells))
    view = prediction.view
    width, height = view.size
    beside = Table.grid()
    beside.add_row(Text(prediction.file, style="bold", overflow="fold"))
    beside.add_row(Text("; ".join((f"{width}x{height}", *view.remarks)), style="dim"))
    beside.add_row("")
    beside.add_row(facts)
    whole = Table.grid(padding=(0, 3, 0, 0))
    whole.add_column(no_wrap=True)
    whole.add_column(vertical="middle")
    whole.add_row(draw(view.pixels, out), beside)
    return whole


def predictions_table(predictor: Predictor, predictions: Sequence[Prediction], width: int) -> Table:
    """Return the predictions of many images, one line each.

    Where ``width`` characters do not hold a line, the classes that come second and third are left out.
    """
    from rich.table import Table
    from rich.text import Text

    columns: dict[str, list[Text]] = {"file": [], "class": [], "": []}
    for prediction in predictions:
        best = prediction.best(1)[0]
        share = float(prediction.probabilities[best])
        columns["file"].append(Text(prediction.file))
        columns["class"].append(Text(predictor.model.classes[best], style=_style(share)))
        columns[""].append(Text(_percent(share), style=_style(share)))
    inverted = [Text("yes" if prediction.view.inverted else "no") for prediction in predictions]
    room = width - sum(map(_widest, columns, columns.values())) - _widest("inverted", inverted)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    table.add_column("file", overflow="fold")
    table.add_column("class", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    others: list[list[Text]] = []
    for rank in range(1, min(CANDIDATES, len(predictor.model.classes))):
        cells = [_candidate(predictor, prediction, rank) for prediction in predictions]
        room -= _widest("or", cells)
        if room < 0:
            break
        table.add_column("or", no_wrap=True, style="dim")
        others.append(cells)
    table.add_column("inverted", no_wrap=True)
    for row in zip(*columns.values(), *others, inverted, strict=True):
        table.add_row(*row)
    return table


def plain(
    predictor: Predictor, predictions: Sequence[Prediction], unreadable: Sequence[Unreadable]
) -> dict[str, Any]:
    """Return everything as what JSON can hold."""
    classes = predictor.model.classes
    return {
        "run": predictor.name,
        "predictions": [
            {
                "file": prediction.file,
                "class": classes[prediction.best(1)[0]],
                "label": predictor.labels[prediction.best(1)[0]],
                "probability": float(prediction.probabilities.max()),
                "probabilities": dict(zip(classes, prediction.probabilities.tolist(), strict=True)),
                "inverted": prediction.view.inverted,
                "remarks": list(prediction.view.remarks),
            }
            for prediction in predictions
        ],
        "unreadable": [{"file": each.file, "reason": each.reason} for each in unreadable],
    }


def _candidate(predictor: Predictor, prediction: Prediction, rank: int) -> Text:
    from rich.text import Text

    place = prediction.best(rank + 1)[rank]
    return Text(f"{predictor.model.classes[place]} {_percent(float(prediction.probabilities[place]))}")


def _widest(title: str, cells: Sequence[Text]) -> int:
    return max(len(title), *(cell.cell_len for cell in cells)) + _GAP


def _style(share: float) -> str:
    return "bold green" if share >= _SURE else "bold" if share >= _UNSURE else "bold yellow"


def _percent(share: float) -> str:
    # 100.0% would claim a certainty that no network has, and 0.0% too.
    if 0.9995 <= share < 1 or 0 < share < 0.0005:
        return ">99.9%" if share > 0.5 else "<0.1%"
    return f"{100 * share:.1f}%"


def _bar(share: float, out: Console) -> str:
    """Return a bar in eighths of a character, or in whole ones where these cannot be shown."""
    if out.encoding.lower().replace("-", "") != "utf8":
        return "#" * round(share * _BAR)
    eighths = round(share * _BAR * 8)
    rest = "" if eighths % 8 == 0 else " ▏▎▍▌▋▊▉"[eighths % 8]
    return "█" * (eighths // 8) + rest
