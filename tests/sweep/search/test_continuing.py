"""A trial that was stopped early counts, for the model, with what it would have reached."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatch.sweep.config import Metric
from swatch.sweep.distributions import parse_parameter
from swatch.sweep.records import TrialRecord, TrialState
from swatch.sweep.search import propose
from swatch.sweep.search.continuing import as_if_continued
from swatch.sweep.search.searching import Search
from swatch.sweep.space.search_space import SearchSpace

SPACE = SearchSpace({"x": parse_parameter({"min": 0.0, "max": 1.0})})
GONE_ON = ([0.4, 0.5, 0.7], [0.5, 0.6, 0.8], [0.6, 0.7, 0.8])
"""0.4, 0.5 and 0.6 after one epoch, 0.7, 0.8 and 0.8 in the end: the line is 0.7667 + 0.5 (x - 0.5)."""


def trial_of(number: int, values: list[float | None], state: TrialState = TrialState.FINISHED) -> TrialRecord:
    point = {"x": (number + 1) / 20}
    history = [{"epoch": epoch, "score": value} for epoch, value in enumerate(values, 1)]
    best = max((value for value in values if value is not None), default=None)
    return TrialRecord(
        number, point, SPACE.point_key(point), f"run-{number}", 0, state, history=history, objective=best
    )


def sweep_of(*stopped: list[float | None]) -> list[TrialRecord]:
    finished = [trial_of(number, list(values)) for number, values in enumerate(GONE_ON)]
    return finished + [
        trial_of(len(GONE_ON) + place, values, TrialState.STOPPED) for place, values in enumerate(stopped)
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.3], 2.3 / 3 - 0.1),
        ([0.3, 0.2], 2.3 / 3 - 0.15),
        ([0.3, None, 0.4], 2.3 / 3 - 0.1),
        ([0.1, 0.2, 0.3], 0.3),
    ],
    ids=["one epoch", "the best of two", "an epoch without a value", "nobody went on from there"],
)
def test_a_stopped_trial_counts_with_what_is_to_be_expected(
    values: list[float | None], expected: float
) -> None:
    trials = sweep_of(values)
    *others, stopped = as_if_continued(trials, "score", "maximize")
    assert stopped.objective == pytest.approx(expected)
    assert others == trials[:-1]


def test_a_loss_falls() -> None:
    mirrored = [
        replace(
            trial,
            objective=-(trial.objective or 0.0),
            history=[{**record, "score": -record["score"]} for record in trial.history],
        )
        for trial in sweep_of([0.3])
    ]
    assert as_if_continued(mirrored, "score", "minimize")[-1].objective == pytest.approx(0.1 - 2.3 / 3)


@pytest.mark.parametrize(
    ("ends", "expected"), [((0.7, 0.8, 1.9), 0.9), ((0.9, 0.8, 0.7), 0.8)], ids=["at most 1", "at least 0"]
)
def test_the_slope_is_held(ends: tuple[float, ...], expected: float) -> None:
    finished = [trial_of(place, [0.4 + place / 10, end]) for place, end in enumerate(ends)]
    stopped = trial_of(5, [0.2666666666666667], TrialState.STOPPED)
    assert as_if_continued([*finished, stopped], "score", "maximize")[-1].objective == pytest.approx(expected)


def test_two_examples_say_nothing() -> None:
    trials = sweep_of([0.3])[1:]
    assert as_if_continued(trials, "score", "maximize") == trials


def test_trials_without_readings_are_left_alone() -> None:
    unread = replace(trial_of(9, [], TrialState.STOPPED), objective=0.2)
    failed = trial_of(10, [0.1], TrialState.FAILED)
    assert as_if_continued([*sweep_of([0.3]), unread, failed], "score", "maximize")[-2:] == [unread, failed]


@given(
    st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=6), max_size=8),
    st.lists(st.floats(0, 1), min_size=2, max_size=5),
)
def test_the_order_of_those_that_were_stopped_together_stays(
    finished: list[list[float]], values: list[float]
) -> None:
    trials = [trial_of(number, list(each)) for number, each in enumerate(finished)]
    stopped = [
        trial_of(len(trials) + place, [value], TrialState.STOPPED) for place, value in enumerate(values)
    ]
    seen = [trial.objective or 0.0 for trial in as_if_continued([*trials, *stopped], "score", "maximize")]
    expected = seen[len(trials) :]
    assert [x for _, x in sorted(zip(values, expected, strict=True))] == sorted(expected)


def test_the_search_and_its_beliefs_see_it() -> None:
    trials = sweep_of([0.1], [0.3], [0.6], [0.75])
    seen = as_if_continued(trials, "score", "maximize")
    search = Search(SPACE, "bayes", 0, "maximize", (Metric("score", "maximize"),))
    number = len(trials)
    chosen = search.propose(trials, number=number, count=8)
    assert chosen == propose(SPACE, "bayes", seen, number=number, seed=0, goal="maximize", count=8)
    assert chosen != propose(SPACE, "bayes", trials, number=number, seed=0, goal="maximize", count=8)
    trials = sweep_of([0.3], [0.75], [0.6], [0.1])
    expected = {each.trial: each.mean for each in search.expect(trials)}
    assert expected[4] > 0.76  # its own best value is 0.75
