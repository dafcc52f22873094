"""The lead of the best trial, against what seeds and the choice of images do by chance."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from cases import CASES
from synthetic import make_sweep, make_trials

from swatch.report.amounts import amount
from swatch.report.ranking import ranked, value_of
from swatch.report.sweep.lead import lead_finding
from swatch.sweep.records import TrialRecord, TrialState


def judged(number: int, right: int, images: int, **changes: Any) -> TrialRecord:
    """A trial that gets so many of two classes' images right, and its confusion matrix."""
    counts = [[right, images - right], [0, 0]]
    matrix = {"labels": ["a", "b"], "counts": counts}
    template = replace(make_trials(1)[0], state=TrialState.FINISHED, decision=None)
    return replace(
        template,
        number=number,
        objective=right / images,
        summary={"confusion_matrix": matrix},
        **changes,
    )


def test_the_choice_of_images_is_chance() -> None:
    # Of 6,000: 90.55 % and 90.33 %, each with a variance of p (1 - p) / 6000.
    deviation = math.sqrt((0.9055 * 0.0945 + 0.903333 * 0.096667) / 6000)
    found = lead_finding(make_sweep(), [judged(0, 5420, 6000), judged(1, 5433, 6000)], None)
    assert found == (
        f"Trial 1 leads trial 0 by {amount('val/accuracy', 13 / 6000, deviation)}: which of them is better "
        "is open (± from the choice of 6,000 images)."
    )
    clear = lead_finding(make_sweep(), [judged(0, 5120, 6000), judged(1, 5433, 6000)], None)
    assert clear is not None and ": more than chance (± from the choice of 6,000 images)." in clear


def test_a_tie_is_said() -> None:
    trials = [judged(number, right, 6000) for number, right in enumerate((5000, 5433, 5433, 5433))]
    assert lead_finding(make_sweep(), trials, None) == (
        "Trials 1, 2 and 3 share the best result: which of them is better is open."
    )
    many = [judged(number, 5000, 6000) for number in range(7)]
    found = lead_finding(make_sweep(), [*many, judged(7, 1, 6000)], None)
    assert found is not None and found.startswith("7 trials share the best result:")


def test_the_spread_over_seeds_counts_by_the_runs_that_a_result_is_the_mean_of() -> None:
    sweep, trials = CASES["repeated"]()
    first, second = ranked(sweep, trials)[:2]
    one, two = value_of(first), value_of(second)
    assert one is not None and two is not None
    repeated = sum(trial.spread is not None for trial in trials)
    # The three seeds lie at -0.4, 0 and 0.4 points: a standard deviation of 0.4.
    deviation = math.sqrt(2 * 0.004**2 / 3)
    without = [replace(trial, summary={}) for trial in trials]
    found = lead_finding(sweep, without, None)
    assert found is not None
    assert f"by {amount(sweep.metric, one - two, deviation)}:" in found
    assert f"(± from the seeds of {repeated} trials)" in found
    assert ("more than chance" in found) == (one - two > 2 * deviation)


@pytest.mark.parametrize(
    ("metric", "objective"),
    [("val/loss", None), ("val/f1", None), ("val/accuracy", 0.5)],
    ids=["a loss", "another share", "a matrix of other weights"],
)
def test_images_count_only_where_the_result_is_their_accuracy(metric: str, objective: float | None) -> None:
    trials = [judged(0, 5420, 6000), judged(1, 5433, 6000)]
    if objective is not None:
        trials = [replace(trial, objective=objective + 0.01 * trial.number) for trial in trials]
    assert lead_finding(make_sweep(metric=metric), trials, None) is None
