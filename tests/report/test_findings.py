"""Sentences made from records."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cases import CASES

from swatch.report.ranking import best_trial
from swatch.report.sweep.findings import failures, headline, states_of, trial_time, wall_clock


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (
            "ordinary",
            "Trial {number} has the highest validation accuracy of 60 trials: {value:.4f} at epoch {epoch}.",
        ),
        ("no_trials", "No trial has started yet."),
        ("one_trial", "Trial 0 has the highest validation accuracy: {value:.4f} at epoch {epoch}."),
        ("two_waiting", "No trial has a validation accuracy yet: 2 waiting."),
        ("all_failed", "No trial has a validation accuracy: 4 failed, 1 crashed."),
        (
            "running",
            "So far, trial {number} has the highest validation accuracy of 8 trials: "
            "{value:.4f} at epoch {epoch}.",
        ),
        ("constant_objective", "All 25 trials with a result reached the same validation accuracy, 0.1000."),
        (
            "minimize",
            "Trial {number} has the lowest validation loss of 30 trials: {value:.4f} at epoch {epoch}.",
        ),
        ("function", "Trial 9 has the highest score of 20 trials: 1.0000."),
    ],
)
def test_headlines(case: str, sentence: str) -> None:
    sweep, trials = CASES[case]()
    pick = max if sweep.goal == "maximize" else min
    ended = [(t.objective, t) for t in trials if t.state.has_result and t.objective is not None]
    if ended:
        value, trial = pick(ended, key=lambda item: item[0])
        facts = {"number": trial.number, "value": value, "epoch": trial.summary["best"]["epoch"]}
        sentence = sentence.format(**facts)
    assert headline(sweep, trials, best_trial(sweep, trials)) == sentence


def test_failures_are_grouped_by_reason_the_most_frequent_first() -> None:
    _, trials = CASES["all_failed"]()
    reasons = failures([replace(trials[0], reason="out of memory"), *trials[1:]])
    assert [(reason.text, reason.numbers) for reason in reasons] == [
        ("diverged: loss is nan", (1, 2, 3)),
        ("out of memory", (0,)),
        ("crashed without a reason", (4,)),
    ]


def test_times_and_states() -> None:
    _, trials = CASES["function"]()
    assert (wall_clock(trials), trial_time(trials)) == (1.0, 20.0)
    assert states_of(trials) == [("finished", 20)]
    _, waiting = CASES["two_waiting"]()
    assert wall_clock(waiting) is None and trial_time(waiting) is None
