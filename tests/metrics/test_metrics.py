"""Metrics against scikit-learn, to 1e-12."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from swatch.metrics import accuracy, class_scores, confusion_counts, macro_average, normalized_rows


@st.composite
def answers(draw: st.DrawFn) -> tuple[int, NDArray[np.intp], NDArray[np.intp]]:
    """Classes, labels and predictions; often some classes never occur."""
    classes = draw(st.integers(2, 6))
    size = draw(st.integers(1, 60))
    values = st.lists(st.integers(0, classes - 1), min_size=size, max_size=size)
    return classes, np.array(draw(values), np.intp), np.array(draw(values), np.intp)


@given(answers())
@settings(max_examples=60, deadline=None)
def test_like_scikit_learn(case: tuple[int, NDArray[np.intp], NDArray[np.intp]]) -> None:
    from sklearn import metrics

    classes, labels, predictions = case
    every = list(range(classes))
    counts = confusion_counts(labels, predictions, classes)
    assert np.array_equal(counts, metrics.confusion_matrix(labels, predictions, labels=every))
    assert accuracy(counts) == pytest.approx(metrics.accuracy_score(labels, predictions), abs=1e-12)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        labels, predictions, labels=every, zero_division=0
    )
    scores = class_scores(counts)
    np.testing.assert_allclose(scores.precision, precision, atol=1e-12, rtol=0)
    np.testing.assert_allclose(scores.recall, recall, atol=1e-12, rtol=0)
    np.testing.assert_allclose(scores.f1, f1, atol=1e-12, rtol=0)
    assert np.array_equal(scores.support, support)
    np.testing.assert_allclose(
        normalized_rows(counts),
        metrics.confusion_matrix(labels, predictions, labels=every, normalize="true"),
        atol=1e-12,
        rtol=0,
    )
    macro = macro_average(scores)
    for name, function in (
        ("precision", metrics.precision_score),
        ("recall", metrics.recall_score),
        ("f1", metrics.f1_score),
    ):
        # Its default: the mean over the classes that occur among the labels or the predictions.
        expected = function(labels, predictions, average="macro", zero_division=0)
        assert macro[name] == pytest.approx(expected, abs=1e-12)


def test_a_class_that_never_occurs_lowers_no_average() -> None:
    answers = np.array([0, 1, 0, 1])
    assert macro_average(class_scores(confusion_counts(answers, answers, 3)))["f1"] == 1.0


def test_rows_are_the_true_classes() -> None:
    counts = confusion_counts(np.array([0, 0, 1]), np.array([1, 1, 1]), 2)
    assert counts.tolist() == [[0, 2], [0, 1]]


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([0, 1], [0], "equally long"),
        ([0, 2], [0, 1], "label lies outside"),
        ([0, 1], [0, -1], "prediction lies outside"),
    ],
)
def test_bad_answers_are_refused(labels: list[int], predictions: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        confusion_counts(np.array(labels), np.array(predictions), 2)


def test_no_samples_have_no_accuracy() -> None:
    with pytest.raises(ValueError, match="no samples"):
        accuracy(np.zeros((3, 3), np.int64))
