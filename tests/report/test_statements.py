"""The findings: said with their uncertainty, and only where the data carry them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from synthetic import make_sweep, make_trials

from swatch.report.amounts import amount
from swatch.report.ranking import value_of
from swatch.report.sweep.axes import build_axes
from swatch.report.sweep.correlations import correlations
from swatch.report.sweep.decisions import savings, verdicts
from swatch.report.sweep.importance import importance
from swatch.report.sweep.paired_comparison import Comparison
from swatch.report.sweep.statements import Facts, statements
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState
from swatch.sweep.search.bayes.belief import Belief, Prediction


def findings(
    sweep: SweepRecord,
    trials: Sequence[TrialRecord],
    belief: Belief | None = None,
    compared: Sequence[Comparison] = (),
) -> list[str]:
    axes = build_axes(sweep.parameters, trials)
    values = [value_of(trial) for trial in trials]
    known = None if None in values else importance(axes, [v for v in values if v is not None], sweep.goal)
    facts = Facts(
        *(sweep, trials, axes, known, correlations(axes, values)),
        *(verdicts(trials), savings(trials), belief, compared),
    )
    return statements(facts)


def trials_of(points: Sequence[dict[str, Any]], values: Sequence[float]) -> list[TrialRecord]:
    template = replace(make_trials(1)[0], state=TrialState.FINISHED, decision=None)
    return [
        replace(template, number=number, point=point, objective=float(value))
        for number, (point, value) in enumerate(zip(points, values, strict=True))
    ]


@pytest.fixture(scope="module")
def known() -> tuple[list[str], list[TrialRecord]]:
    """Half a point for tanh, six points over the learning rate, a little noise."""
    rng = np.random.default_rng(0)
    points = [
        {
            "rate": float(rng.random()),
            "activation": str(rng.choice(["relu", "tanh"])),
            "other": float(rng.random()),
        }
        for _ in range(120)
    ]
    values = [
        0.8 + 0.06 * p["rate"] - (0.02 if p["activation"] == "tanh" else 0) + rng.normal(0, 0.002)
        for p in points
    ]
    trials = trials_of(points, values)
    return findings(make_sweep(parameters={"activation": {"values": ["relu", "tanh"]}}), trials), trials


def test_known_effects_are_found_with_their_size(known: tuple[list[str], list[TrialRecord]]) -> None:
    text = " ".join(known[0])
    # Var(0.06 u) = 0.0003 and a coin of ±0.01 has 0.0001: three quarters and one quarter.
    found = re.search(r"rate explains (\d+)% ± (\d+) of the variance and activation (\d+)%", text)
    assert found is not None
    share, deviation, other = map(int, found.groups())
    assert abs(share - 75) <= 6 and 0 < deviation < 10 and abs(other - 25) <= 6
    worse = re.search(r"activation tanh is worse than relu by ([\d.]+) ± ([\d.]+) points", text)
    assert worse is not None
    assert abs(float(worse[1]) - 2.0) < 3 * float(worse[2]) + 0.1 and float(worse[2]) < 0.5
    assert "Trials with a larger rate have a higher validation accuracy (rank correlation +0." in text


def test_what_has_no_effect_is_not_named(known: tuple[list[str], list[TrialRecord]]) -> None:
    assert not any("other " in sentence and "all other" not in sentence for sentence in known[0])


def test_noise_supports_no_finding() -> None:
    rng = np.random.default_rng(3)
    points = [{"a": float(rng.random()), "kind": str(rng.choice(["x", "y"]))} for _ in range(60)]
    assert findings(make_sweep(parameters={}), trials_of(points, rng.random(60).tolist())) == []


def test_few_trials_support_no_importance() -> None:
    points = [{"a": number / 10} for number in range(10)]
    text = " ".join(findings(make_sweep(parameters={}), trials_of(points, [p["a"] for p in points])))
    assert "explains" not in text and "rank correlation +1.00" in text


def test_parameters_that_act_together_are_named() -> None:
    rng = np.random.default_rng(1)
    points = [{"a": float(a), "b": float(b)} for a, b in rng.random((200, 2))]
    values = [float((p["a"] > 0.5) == (p["b"] > 0.5)) for p in points]
    text = " ".join(findings(make_sweep(parameters={}), trials_of(points, values)))
    assert "a and b belong together" in text


def belief(noise: float, gain: float) -> Belief:
    return Belief(
        optimum=Prediction({"a": 0.5}, 0.9, 0.01),
        best_by_mean=Prediction({"a": 0.4}, 0.89, 0.012, 3),
        noise=noise,
        importance={"a": 1.0},
        gain=gain,
        trials=10,
    )


def test_without_repeats_the_model_says_what_is_chance_and_without_a_model_nobody() -> None:
    trials = trials_of([{"a": 0.1}, {"a": 0.2}], [0.80, 0.81])
    sweep = make_sweep(parameters={})
    assert findings(sweep, trials) == []
    doubtful = " ".join(findings(sweep, trials, belief(noise=0.02, gain=0.001)))
    assert "Trial 1 leads trial 0 by 1.0 ± 2.8 points: which of them is better is open" in doubtful
    assert "expects 0.8900 ± 0.0120 of trial 3" in doubtful and "0.10 points, less than chance." in doubtful
    clear = " ".join(findings(sweep, trials, belief(noise=0.002, gain=0.01)))
    assert "by 1.0 ± 0.28 points: more than chance (± from what the model takes for chance" in clear
    assert "less than chance" not in clear


def test_stopping_and_failures_are_counted() -> None:
    sweep, trials = make_sweep(), make_trials(60)
    text = " ".join(findings(sweep, trials))
    stopped = sum(t.state is TrialState.STOPPED for t in trials)
    ended = sum(t.state.has_result for t in trials)
    saved = stopped * 7 / (ended * 10)
    assert f"Hyperband stopped {stopped} of {ended} trials and saved {saved:.0%} of the epochs" in text
    assert f"{sum(t.state is TrialState.FAILED for t in trials)} trials of 60 failed" in text


@pytest.mark.parametrize(
    ("metric", "text"),
    [
        ("val/accuracy", "1.9 ± 0.40 points"),
        ("val/balanced_accuracy", "1.9 ± 0.40 points"),
        ("val/loss", "0.0190 ± 0.0040"),
        ("accuracy_seconds", "0.0190 ± 0.0040"),
    ],
)
def test_accuracies_differ_by_points(metric: str, text: str) -> None:
    assert amount(metric, 0.019, 0.004) == text
