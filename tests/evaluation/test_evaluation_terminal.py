"""An evaluation in terminals of several widths, with classes of all kinds of names."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from swatch.evaluation.evaluating import Evaluation
from swatch.report.evaluation.tables import show
from swatch.tracking.class_accuracy import ClassAccuracies

NAMES = ("[bold]", "[/]", "a & <b>", "T-shirt or top")


def evaluation(each: int) -> Evaluation:
    """Nearly always right; one image of the first class is taken for the second."""
    labels = np.repeat(np.arange(len(NAMES)), each)
    probabilities = np.full((len(labels), len(NAMES)), 0.1, np.float32)
    probabilities[np.arange(len(labels)), labels] = 0.7
    probabilities[0] = (0.1, 0.7, 0.1, 0.1)
    curves = {name: [0.5] * 30 for name in NAMES}
    return Evaluation(
        *("id", "name", "Some data", "val", NAMES),
        images=np.zeros((len(labels), 2, 2, 1), np.uint8),
        labels=labels,
        probabilities=probabilities,
        loss=0.5,
        class_accuracies=ClassAccuracies(list(range(1, 31)), curves),
    )


def shown(width: int, each: int = 9) -> list[str]:
    out = Console(file=io.StringIO(), width=width, highlight=False)
    show(evaluation(each), out)
    text = out.file
    assert isinstance(text, io.StringIO)
    return text.getvalue().splitlines()


def test_names_that_look_like_instructions_are_shown() -> None:
    lines = shown(80)
    for number, name in enumerate(NAMES):
        assert any(line.startswith(f" {number} {name} ") for line in lines), "in the matrix"
        assert any(line.startswith(f" {name} ") for line in lines), "among the scores"
    assert "[bold] taken for [/]: once, 11.1% of the class" in lines


@pytest.mark.parametrize("width", [56, 80])
def test_no_number_is_cut_off(width: int) -> None:
    lines = shown(width, each=12_345)
    assert not any("…" in line for line in lines)
    assert max(len(line) for line in lines if "taken for" not in line) <= width
    assert any("12,345" in line for line in lines)
    assert any("12344" in line for line in lines) or "The confusion matrix is wider" in " ".join(lines)
