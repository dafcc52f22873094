"""Names and values as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from swatch.report.labels import (
    finite,
    format_metric,
    format_moment,
    format_p_value,
    format_seconds,
    format_value,
    metric_label,
    short_names,
)


def test_short_names_are_the_shortest_endings_that_no_other_key_has() -> None:
    keys = ["optimizer", "optimizer.learning_rate", "model.dropout", "model.head.width", "model.body.width"]
    assert short_names(keys) == {
        "optimizer": "optimizer",
        "optimizer.learning_rate": "learning_rate",
        "model.dropout": "dropout",
        "model.head.width": "head.width",
        "model.body.width": "body.width",
    }


def test_short_names_tell_apart_a_key_that_ends_another() -> None:
    names = short_names(["width", "model.width"])
    assert names["model.width"] == "model.width" and names["width"] == "width"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (True, "true"),
        (0.0023456, "0.002346"),
        (64, "64"),
        ([256, 128], "256-128"),
        ([], "[]"),
        ({"a": 1, "b": [2, 3]}, "a=1, b=2-3"),
        ("relu", "relu"),
    ],
)
def test_values(value: Any, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.88888, "0.8889"), (0.0, "0.0000"), (1.23456e-5, "1.235e-05"), (123456.7, "1.235e+05"), (None, "–")],
)
def test_metrics(value: float | None, text: str) -> None:
    assert format_metric(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (4.24, "4.2 s"),
        (9.96, "10.0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_seconds(seconds: float | None, text: str) -> None:
    assert format_seconds(seconds) == text


def test_p_values() -> None:
    assert [format_p_value(value) for value in (1.0, 0.0312, 2e-12, 1e-17, 0.0)] == [
        *("= 1", "= 0.031", "= 2e-12", "< 1e-16", "< 1e-16")
    ]


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-04-12T08:32:13.250+02:00", "2026-04-12 06:32:13 UTC"),
        ("2026-04-12T06:32:13", "2026-04-12T06:32:13"),
        ("yesterday", "yesterday"),
        (None, "None"),
    ],
)
def test_moments(moment: Any, text: str) -> None:
    assert format_moment(moment) == text


@pytest.mark.parametrize(
    ("metric", "label"),
    [
        ("val/accuracy", "validation accuracy"),
        ("train/loss", "training loss"),
        ("learning_rate", "learning rate"),
    ],
)
def test_metric_names_in_words(metric: str, label: str) -> None:
    assert metric_label(metric) == label


@pytest.mark.parametrize("value", [None, "0.9", True, float("nan"), float("-inf"), 10**400, [1]])
def test_what_is_no_finite_number(value: Any) -> None:
    assert finite(value) is None
