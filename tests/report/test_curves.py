"""Histories as columns."""

from __future__ import annotations

from dataclasses import replace

from synthetic import make_sweep, make_trials

from swatch.report.sweep.curves import collect


def test_the_sweeps_metric_comes_first_and_bookkeeping_last() -> None:
    curves = collect(make_sweep(metric="val/loss"), make_trials(3))
    assert curves.metrics == (
        *("val/loss", "val/accuracy", "train/loss", "train/accuracy"),
        *("learning_rate", "seconds", "samples_per_second"),
    )
    assert curves.x_label == "epoch" and not curves.thinned


def test_values_that_are_no_numbers_are_gaps() -> None:
    trial = make_trials(1, stopping=False)[0]
    trial.history[1]["val/accuracy"] = float("nan")
    trial.history[2]["val/accuracy"] = "high"
    del trial.history[3]["val/accuracy"]
    column = collect(make_sweep(), [trial]).trials[0]["y"]["val/accuracy"]
    assert column[1:4] == [None, None, None] and column[0] == round(trial.history[0]["val/accuracy"], 6)


def test_long_histories_are_thinned_but_keep_their_ends_and_their_best() -> None:
    trial = make_trials(1, stopping=False)[0]
    history = [{"epoch": epoch, "val/accuracy": 0.5 - epoch * 1e-6} for epoch in range(1, 5001)]
    history[1233]["val/accuracy"] = 0.9
    curves = collect(make_sweep(), [replace(trial, history=history)], most_points=100)
    x, y = curves.trials[0]["x"], curves.trials[0]["y"]["val/accuracy"]
    assert curves.thinned and len(x) <= 101
    assert (x[0], x[-1]) == (1, 5000) and max(y) == 0.9


def test_one_reading_makes_no_curve() -> None:
    trial = make_trials(1)[0]
    assert collect(make_sweep(), [replace(trial, history=trial.history[:1])]).are_empty
    assert collect(make_sweep(), [replace(trial, history=[])]).are_empty
    assert not collect(make_sweep(), [replace(trial, history=trial.history[:2])]).are_empty


def test_records_without_an_epoch_are_counted() -> None:
    trial = replace(make_trials(1)[0], history=[{"score": 1.0}, {"score": 2.0}])
    curves = collect(make_sweep(metric="score"), [trial])
    assert curves.trials[0]["x"] == [1, 2] and curves.x_label == "report"
