"""Like with like: found where a sweep is made of groups, and said with no more than they carry."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cases import CASES, HOSTILE
from synthetic import make_sweep, make_trials
from test_statements import findings, trials_of
from test_sweep_page import Page

from swatch.report.sweep.axes import build_axes
from swatch.report.sweep.page import render
from swatch.report.sweep.paired_comparison import Comparison, comparisons
from swatch.report.sweep.paired_data import MOST_SHOWN, shown_groups
from swatch.report.sweep.paired_words import finding, seeds_note, sentences
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState

GRID: dict[str, list[Any]] = {
    "loss": ["cross_entropy", "mean_squared_error"],
    "activation": ["sigmoid", "tanh", "relu"],
    "optimizer.learning_rate": [0.001, 0.0001],
}
Value = Callable[[dict[str, Any]], float]


def grid(
    value: Value, choices: dict[str, list[Any]] = GRID, **changes: Any
) -> tuple[SweepRecord, list[TrialRecord]]:
    points = [dict(zip(choices, each, strict=True)) for each in itertools.product(*choices.values())]
    parameters = {key: {"values": values} for key, values in choices.items()}
    return make_sweep(parameters=parameters, method="grid", **changes), trials_of(
        points, [value(point) for point in points]
    )


def outlier(point: dict[str, Any]) -> float:
    """Cross-entropy is half a point ahead, save where the network learns slowly."""
    slow = point["activation"] == "sigmoid" and point["optimizer.learning_rate"] == 0.0001
    base = 0.78 if slow else 0.87 + 0.001 * GRID["activation"].index(point["activation"])
    if point["loss"] == "cross_entropy":
        return base if slow else base + 0.005
    return base + 0.031 if slow else base


def found(sweep: SweepRecord, trials: list[TrialRecord]) -> list[Comparison]:
    return comparisons(sweep, trials, build_axes(sweep.parameters, trials))


def test_every_parameter_of_a_small_grid_is_compared_those_without_an_order_first() -> None:
    loss, activation, rate = found(*grid(outlier))
    assert [each.name for each in (loss, activation, rate)] == ["loss", "activation", "learning_rate"]
    assert [len(each.groups) for each in (loss, activation, rate)] == [6, 4, 6]
    assert loss.groups[1].title == "activation sigmoid, learning_rate 0.0001"
    assert loss.groups[1].values == pytest.approx((0.78, 0.811)) and loss.groups[1].leader == 1
    assert loss.groups[1].spread == pytest.approx(0.031)
    cross_entropy, squared = loss.results
    assert (cross_entropy.led, squared.led, loss.level) == (5, 1, 0)
    assert loss.best == 1 and squared.behind is None, "by the mean"
    differences = [-0.005] * 5 + [0.031]
    assert cross_entropy.behind is not None
    assert cross_entropy.behind.mean == pytest.approx(np.mean(differences))
    assert cross_entropy.behind.low < 0 < cross_entropy.behind.high


def test_a_lower_loss_leads_where_the_goal_is_to_minimize() -> None:
    sweep, trials = grid(
        lambda point: 0.2 if point["loss"] == "cross_entropy" else 0.3, goal="minimize", metric="val/loss"
    )
    loss = found(sweep, trials)[0]
    assert loss.best == 0 and loss.results[0].led == 6
    behind = loss.results[1].behind
    assert behind is not None and behind.mean == pytest.approx(0.1)


def test_a_usual_search_has_no_such_section() -> None:
    for case in ("ordinary", "minimize", "function", "repeated", "all_failed", "running"):
        assert found(*CASES[case]()) == [], case
    page = Page(render(*CASES["ordinary"]()))
    assert page.data["alike"] == [] and not page.all("section", id="alike")


def test_a_few_pairs_by_accident_are_not_enough() -> None:
    rng = np.random.default_rng(0)
    points = [{"loss": str(rng.choice(GRID["loss"])), "rate": float(rng.random())} for _ in range(20)]
    points += [{"loss": loss, "rate": rate} for rate in (0.1, 0.2, 0.3, 0.4) for loss in GRID["loss"]]
    sweep = make_sweep(parameters={"loss": {"values": GRID["loss"]}})
    assert found(sweep, trials_of(points, [0.5] * len(points))) == []
    (loss,) = found(sweep, trials_of(points[20:], [0.5] * 8))
    assert loss.level == 4 and loss.left_out == 0


def test_what_was_stopped_or_failed_is_not_compared() -> None:
    sweep, trials = grid(outlier)
    trials[0] = replace(trials[0], state=TrialState.STOPPED)
    trials[5] = replace(trials[5], state=TrialState.FAILED, objective=None)
    loss = next(each for each in found(sweep, trials) if each.key == "loss")
    assert len(loss.groups) == 4 and loss.left_out == 4
    assert not {0, 5} & {trial.number for group in loss.groups for trial in group.trials}


def test_seeds_make_pairs_and_are_not_compared_themselves() -> None:
    choices = {"loss": GRID["loss"], "seed": [0, 1, 2, 3]}
    sweep, trials = grid(lambda point: 0.8 + 0.001 * point["seed"] + 0.01 * len(point["loss"]), choices)
    (loss,) = found(sweep, trials)
    assert len(loss.groups) == 4 and loss.groups[2].title == "seed 2"


def test_the_words_keep_count_and_mean_apart_and_name_the_setting_that_is_different() -> None:
    sweep, trials = grid(outlier)
    loss = found(sweep, trials)[0]
    said = sentences(sweep, loss)
    assert said[0] == "cross_entropy is ahead in 5 of 6 pairs, mean_squared_error in 1."
    assert said[1].startswith("On average mean_squared_error is 0.10 points better than cross_entropy (95%")
    assert said[1].endswith("the pairs differ too much for that average to decide.")
    assert said[2] == (
        "It depends on the setting: with activation sigmoid, learning_rate 0.0001, mean_squared_error is 3.1 "
        "points ahead of cross_entropy; in the other 5 pairs cross_entropy is 0.50 points ahead on average."
    )
    assert said[3] == "6 pairs are few: this is a hint, not a proof."
    assert finding(sweep, loss).startswith(
        "With everything else equal, loss cross_entropy is ahead in 5 of 6 pairs, but on average mean_squared"
    )
    assert "with the same seed, 1000:" in seeds_note(sweep, loss)
    other = [replace(trial, seed=trial.number) for trial in trials]
    assert "is a single training with one seed:" in seeds_note(sweep, found(sweep, other)[0])
    assert seeds_note(replace(sweep, repeats=3), loss) == (
        "Each result is the mean over 3 seeds; the curves are those of the first."
    )


def test_a_clear_difference_is_said_without_doubt_and_an_uneven_one_with_it() -> None:
    def value(point: dict[str, Any]) -> float:
        behind = {"relu": 0.0, "tanh": 0.01, "sigmoid": 0.02}[point["activation"]]
        uneven = 0.5 if point["loss"] == "cross_entropy" and point["activation"] == "sigmoid" else 0.0
        noise = 0.0001 * (len(point["loss"]) + 1000 * point["optimizer.learning_rate"])
        return 0.9 - behind - uneven * point["optimizer.learning_rate"] * 1000 - noise

    sweep, trials = grid(value)
    activation = found(sweep, trials)[1]
    said = sentences(sweep, activation)
    assert said[0] == "relu is ahead in all 4 groups."
    assert said[1].startswith(
        "On average relu is 1.0 points better than tanh (95% interval +1.0 to +1.0 points)"
    )
    assert said[1].endswith("points).")
    assert said[2].endswith("by amounts that differ so much between the groups that the average says little.")
    assert "relu is 52.0 points ahead of sigmoid; in the other 3 groups the best is" in said[3]


def test_level_pairs_lead_nobody() -> None:
    sweep, trials = grid(
        lambda point: 0.8 if point["activation"] != "relu" else 0.8 + 0.1 * len(point["loss"])
    )
    loss = found(sweep, trials)[0]
    assert sentences(sweep, loss)[0] == (
        "mean_squared_error is ahead in 2 of 6 pairs, in 4 the best two are level."
    )


def test_the_findings_say_it_instead_of_the_forest() -> None:
    choices = {**GRID, "optimizer.learning_rate": [0.1, 0.2, 0.4, 0.8]}
    sweep, trials = grid(
        lambda point: (
            (0.85 if point["loss"] == "cross_entropy" else 0.8) + 0.01 * point["optimizer.learning_rate"]
        ),
        choices,
    )
    axes = build_axes(sweep.parameters, trials)
    assert any("loss mean_squared_error is worse than" in each for each in findings(sweep, trials))
    compared = comparisons(sweep, trials, axes)
    said = findings(sweep, trials, compared=compared)
    assert any(
        each.startswith("With everything else equal, loss cross_entropy is ahead in 12 of 12")
        for each in said
    )
    assert not any("loss mean_squared_error is worse than" in each for each in said)


def test_the_section_has_a_tab_a_table_and_words_for_each_parameter() -> None:
    sweep, trials = grid(outlier)
    page = Page(render(sweep, trials))
    assert [tab["data-alike"] for tab in page.all("button") if "data-alike" in tab] == list(GRID)
    parts = [part for part in page.all("div") if "data-compared" in part]
    assert [part["data-compared"] for part in parts if "hidden" not in part] == ["loss", "loss"]
    first = next(part["text"] for part in parts)
    assert "cross_entropy is ahead in 5 of 6 pairs" in first and "−" in first
    pairs = [row for row in page.all("tr") if "data-trials" in row and "alike" in row["inside"]]
    assert len(pairs) == 6 + 4 + 6
    assert pairs[1]["data-trials"] == "1 7" and "3.1 points" in pairs[1]["text"]
    (loss, *_) = page.data["alike"]
    assert loss["groups"][1] == {"label": "sigmoid · 0.0001", "trials": [1, 7]}


def test_of_too_many_groups_those_are_shown_that_differ_most() -> None:
    choices = {"loss": GRID["loss"], "rate": [round(0.001 * n, 3) for n in range(1, 61)]}
    sweep, trials = grid(lambda point: 0.5 + point["rate"] * (point["loss"] == "cross_entropy"), choices)
    loss = found(sweep, trials)[0]
    shown = shown_groups(loss)
    assert len(shown) == MOST_SHOWN and min(group.spread for group in shown) == pytest.approx(0.021)
    assert f"The {MOST_SHOWN} of 60 pairs that differ most." in render(sweep, trials)


def test_hostile_names_stay_text() -> None:
    sweep, trials = grid(lambda point: len(point[HOSTILE]) / 1e3, {HOSTILE: ["a", HOSTILE], "x": [1, 2, 3]})
    page = Page(render(sweep, trials))
    assert page.one("section", id="alike") and len(page.all("script")) == len(
        Page(render(make_sweep(), make_trials(3))).all("script")
    )
