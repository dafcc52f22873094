"""An evaluation as one self-contained HTML page."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from swatch.evaluation.evaluating import TEST
from swatch.evaluation.galleries import galleries
from swatch.report.evaluation.class_curves import HEIGHT, NOT_KEPT, WIDTH, class_charts
from swatch.report.evaluation.tables import MEASURES, prepared
from swatch.report.frame import STANDALONE, Frame
from swatch.report.rendering import asset, environment, write_page

if TYPE_CHECKING:
    from swatch.evaluation.evaluating import Evaluation
    from swatch.metrics import Calibration

_SPLITS = {"train": "training images", "val": "validation images", "test": "test images"}


@dataclass(frozen=True)
class Bar:
    """One bin of the reliability diagram, in units of its side."""

    left: float
    width: float
    accuracy: float
    confidence: float
    count: int
    share: float
    """Of all answers, against the fullest bin."""


def write(evaluation: Evaluation, readings: int, path: Path) -> None:
    """Write the page.

    Args:
        evaluation: what it shows.
        readings: how often the run's network was asked about the test set.
        path: where to; an earlier page is replaced, whole.

    Raises:
        UserError: the disk refuses.
    """
    write_page(path, render(evaluation, readings))


def render(evaluation: Evaluation, readings: int, *, frame: Frame = STANDALONE) -> str:
    """Return the page as HTML; equal evaluations give equal text.

    Args:
        evaluation: what it shows.
        readings: how often the run's network was asked about the test set.
        frame: what the page takes from its surroundings.
    """
    template = environment().get_template("evaluation.html.j2")
    return str(
        template.render(
            frame=frame,
            evaluation=evaluation,
            images=_SPLITS[evaluation.split],
            metrics=evaluation.metrics,
            intervals=evaluation.intervals,
            measures=MEASURES,
            readings=readings if evaluation.split == TEST else 0,
            confusion=prepared(evaluation),
            bars=_bars(evaluation.calibration),
            charts=class_charts(evaluation.class_accuracies, evaluation.best_epoch),
            chart_size=(WIDTH, HEIGHT),
            not_kept=NOT_KEPT,
            galleries=galleries(evaluation),
            picture=picture,
            style=asset("report.css") + asset("evaluation.css"),
            script=asset("controls.js"),
        )
    )


def _bars(calibration: Calibration) -> list[Bar]:
    """Return the bins that have answers."""
    edges, fullest = calibration.edges, int(calibration.counts.max())
    return [
        Bar(
            left=float(edges[place]),
            width=float(edges[place + 1] - edges[place]),
            accuracy=float(accuracy),
            confidence=float(calibration.confidence[place]),
            count=int(calibration.counts[place]),
            share=int(calibration.counts[place]) / fullest,
        )
        for place, accuracy in enumerate(calibration.accuracy)
        if not math.isnan(accuracy)
    ]


def picture(image: NDArray[np.uint8]) -> str:
    """Return an image, (height, width, 1 or 3), as a data URI of a PNG."""
    from PIL import Image

    pixels: Any = image[..., 0] if image.shape[-1] == 1 else image
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
