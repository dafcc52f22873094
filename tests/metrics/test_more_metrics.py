"""Averages, calibration and intervals, against scikit-learn, worked examples and known distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from swatch.metrics import (
    accuracy,
    balanced_accuracy,
    bootstrap_counts,
    bootstrap_mean,
    calibration,
    class_scores,
    confusion_counts,
    weighted_average,
)


@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_averages_like_scikit_learn(seed: int, classes: int, size: int) -> None:
    from sklearn import metrics

    generator = np.random.default_rng(seed)
    labels, answers = generator.integers(0, classes, (2, size))
    counts = confusion_counts(labels, answers, classes)
    weighted = weighted_average(class_scores(counts))
    for name, function in (
        ("precision", metrics.precision_score),
        ("recall", metrics.recall_score),
        ("f1", metrics.f1_score),
    ):
        expected = function(labels, answers, average="weighted", zero_division=0)
        assert weighted[name] == pytest.approx(expected, abs=1e-12)
    recalls = metrics.recall_score(labels, answers, labels=np.unique(labels), average=None, zero_division=0)
    assert balanced_accuracy(counts) == pytest.approx(float(np.mean(recalls)), abs=1e-12)


def test_nothing_has_no_balanced_accuracy() -> None:
    with pytest.raises(ValueError, match="not defined"):
        balanced_accuracy(np.zeros((3, 3), np.int64))


def two_classes(
    confidence: list[float], is_right: list[bool]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Answers for class 0 with these confidences, of at least a half."""
    first = np.array(confidence)
    return np.column_stack([first, 1 - first]), np.where(is_right, 0, 1)


def test_calibration_by_hand() -> None:
    # Bins of a fifth: (0.4, 0.6] holds 0.55 and 0.6, (0.6, 0.8] nothing, (0.8, 1] the others.
    probabilities, labels = two_classes([0.55, 0.6, 0.9, 1.0, 0.95], [True, False, True, True, False])
    found = calibration(probabilities, labels, bins=5)
    assert found.counts.tolist() == [0, 0, 2, 0, 3]
    assert found.confidence[2] == pytest.approx(0.575) and found.accuracy[2] == 0.5
    assert found.confidence[4] == pytest.approx(0.95) and found.accuracy[4] == pytest.approx(2 / 3)
    assert np.isnan(found.accuracy[[0, 1, 3]]).all()
    gaps = [0.075, 0.95 - 2 / 3]
    assert found.expected_error == pytest.approx((2 * gaps[0] + 3 * gaps[1]) / 5)
    assert found.largest_error == pytest.approx(gaps[1])


def test_honest_answers_are_calibrated_and_boasting_ones_are_not() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.5, 1, 40_000)
    probabilities, labels = two_classes(confidence.tolist(), (generator.random(40_000) < confidence).tolist())
    assert calibration(probabilities, labels).expected_error < 0.01
    boasting = np.column_stack([np.full(40_000, 0.99), np.full(40_000, 0.01)])
    expected = 0.99 - float(np.mean(labels == 0))
    assert calibration(boasting, labels).expected_error == pytest.approx(expected)


def test_the_interval_of_an_accuracy_is_that_of_a_share() -> None:
    counts = np.array([[430, 70], [50, 450]])
    interval = bootstrap_counts(counts, accuracy)
    deviation = (0.88 * 0.12 / 1000) ** 0.5
    assert interval.low == pytest.approx(0.88 - 1.96 * deviation, abs=0.003)
    assert interval.high == pytest.approx(0.88 + 1.96 * deviation, abs=0.003)
    assert bootstrap_counts(counts, accuracy) == interval
    assert bootstrap_counts(np.diag([5, 5]), accuracy).low == 1.0


def test_the_interval_of_a_mean_is_that_of_the_central_limit() -> None:
    values = np.random.default_rng(1).exponential(2.0, 4000)
    interval = bootstrap_mean(values)
    half = 1.96 * values.std() / 4000**0.5
    assert interval.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.1 * half)
    assert bootstrap_mean(np.full(10, 3.5)).high == 3.5
