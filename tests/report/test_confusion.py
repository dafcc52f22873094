"""Confusion matrices prepared for looking at."""

from __future__ import annotations

from typing import Any

import pytest
from synthetic import CLASSES, confusion_counts

from swatch.report.confusion import confusion_of


def summary(labels: list[str], counts: Any) -> dict[str, Any]:
    return {"confusion_matrix": {"labels": labels, "counts": counts}}


def test_shares_scores_and_mistakes() -> None:
    found = confusion_of(summary(["a", "b"], [[8, 2], [5, 15]]))
    assert found is not None
    assert [[cell.share for cell in row] for row in found.rows] == [[0.8, 0.2], [0.25, 0.75]]
    assert (found.accuracy, found.samples) == (pytest.approx(23 / 30), 30)
    first = found.scores[0]
    assert (first.precision, first.recall, first.f1, first.support) == (
        pytest.approx(8 / 13),
        0.8,
        pytest.approx(16 / 23),
        10,
    )
    assert [(m.actual, m.predicted, m.count) for m in found.mistakes] == [("b", "a", 5), ("a", "b", 2)]


def test_the_diagonal_does_not_drown_the_confusions() -> None:
    found = confusion_of(summary(["a", "b"], [[990, 10], [5, 995]]))
    assert found is not None
    assert found.rows[0][1].count_strength == 1.0 and found.rows[1][0].count_strength == 0.5
    assert found.rows[1][1].count_strength == 1.0


def test_a_class_without_samples_divides_by_nothing() -> None:
    found = confusion_of(summary(["a", "b"], [[3, 1], [0, 0]]))
    assert found is not None and [cell.share for cell in found.rows[1]] == [0.0, 0.0]


def test_mistakes_are_the_largest_first_and_never_right_answers() -> None:
    found = confusion_of(summary(CLASSES, confusion_counts(0.89, 0)), most=4)
    assert found is not None and len(found.mistakes) == 4
    counts = [mistake.count for mistake in found.mistakes]
    assert counts == sorted(counts, reverse=True)
    assert all(mistake.actual != mistake.predicted for mistake in found.mistakes)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"confusion_matrix": None},
        summary([], []),
        summary(["a", "b"], [[1, 2]]),
        summary(["a", "b"], [[0, 0], [0, 0]]),
        summary(["a", "b"], [[1, -1], [0, 1]]),
        summary(["a", "b"], [[1, None], [0, 1]]),
        summary(["a"], "many"),
    ],
)
def test_unusable_matrices_are_left_out(broken: dict[str, Any]) -> None:
    assert confusion_of(broken) is None
