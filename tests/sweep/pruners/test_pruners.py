"""ASHA, the median rule and patience against examples worked by hand, and how ``--pruner`` names them."""

from __future__ import annotations

import json
import math

import pytest

from swatch.errors import UserError
from swatch.sweep.pruners import PRUNERS, Asha, Hyperband, Median, Patience, Rule, parse_pruner
from swatch.sweep.pruners.stopping import decide

# Asha


def test_asha_keeps_the_best_share_of_those_at_the_rung() -> None:
    """Six losses at rung 2, sorted 1 2 3 4 5 6: int(6/3) = 2 go on, down to 2. Trial 6 is not there yet."""
    values = [4, 2, 6, 1, 5, 3]
    histories = {number: [9.0, value] for number, value in enumerate(values)} | {6: [0.0]}
    rule = Asha(min_iter=2)
    decisions = [decide(rule, "minimize", histories, number) for number in range(6)]
    assert [decision.stop for decision in decisions] == [value > 2 for value in values]
    assert {(decision.band, decision.threshold) for decision in decisions} == {(2, 2)}
    assert [decision.value for decision in decisions] == values
    assert "not among the best 2 of 6 trials, down to 2" in decisions[0].reason


def test_asha_maximises_in_the_metrics_own_sign() -> None:
    """Accuracies .9 .8 .7 at rung 1, eta 3: one goes on."""
    histories = {0: [0.7], 1: [0.9], 2: [0.8]}
    decisions = [decide(Asha(), "maximize", histories, number) for number in range(3)]
    assert [decision.stop for decision in decisions] == [True, False, True]
    assert [decision.threshold for decision in decisions] == [0.9] * 3


def test_asha_looks_at_the_value_of_the_rung_not_at_the_best() -> None:
    """Rungs 1, 2, 4 (eta 2). At rung 2: trial 0 has 5 (it was at 0 before), trial 1 has 3."""
    histories = {0: [0.0, 5.0], 1: [9.0, 3.0]}
    assert decide(Asha(eta=2), "minimize", histories, 0).stop
    assert not decide(Asha(eta=2), "minimize", histories, 1).stop


def test_asha_judges_a_trial_when_it_arrives_and_not_again() -> None:
    """Between the rungs 1 and 3 a trial is left alone, however many better ones have come meanwhile."""
    better = {number: [0.1, 0.1] for number in range(1, 9)}
    decision = decide(Asha(), "minimize", {0: [5.0, 5.0], **better}, 0)
    assert (decision.stop, decision.band) == (False, None)
    assert "not at a rung" in decision.reason


def test_asha_lets_pass_where_there_are_too_few() -> None:
    """With eta 3 two trials at a rung say nothing: int(2/3) = 0."""
    decision = decide(Asha(), "minimize", {0: [5.0], 1: [1.0]}, 0)
    assert (decision.stop, decision.band, decision.threshold, decision.value) == (False, 1, None, 5.0)
    assert "too few" in decision.reason


# Median


def test_the_median_of_the_best_values_that_the_others_had_by_then() -> None:
    """At epoch 3 the others' best are 1 2 4 8, median 3; what they did later (0) does not count."""
    others = {1: [5, 1, 9, 0], 2: [2, 3, 3, 0], 3: [4, 4, 4, 0], 4: [9, 8, 8, 0]}
    worse = decide(Median(), "minimize", {0: [3.5, 7, 7], **others}, 0)
    assert (worse.stop, worse.band, worse.threshold, worse.value) == (True, 3, 3, 3.5)
    assert "the median of what 4 other trials had by then" in worse.reason
    equal = decide(Median(), "minimize", {0: [3, 7, 7], **others}, 0)
    assert (equal.stop, equal.value) == (False, 3)


def test_the_median_rule_maximises_too() -> None:
    """Best accuracies of the others by epoch 2: .5 .6 .8 .9, median .7."""
    others = {1: [0.5, 0.1], 2: [0.2, 0.6], 3: [0.8, 0.1], 4: [0.1, 0.9]}
    decision = decide(Median(), "maximize", {0: [0.6, 0.1], **others}, 0)
    assert (decision.stop, decision.threshold, decision.value) == (True, pytest.approx(0.7), 0.6)


def test_the_median_rule_waits_for_the_warm_up_and_for_company() -> None:
    others = {number: [0.0, 0.0, 0.0] for number in range(1, 4)}
    assert "warm-up" in decide(Median(warmup=2), "minimize", {0: [9, 9], **others}, 0).reason
    alone = decide(Median(), "minimize", {0: [9, 9], **others}, 0)
    assert (alone.stop, alone.band, alone.threshold) == (False, 2, None)
    assert "3 other trials came as far" in alone.reason
    # A trial that has not come as far is no company: with one more at epoch 1 there are still three.
    assert not decide(Median(), "minimize", {0: [9, 9], 7: [0.0], **others}, 0).stop
    assert decide(Median(min_trials=3), "minimize", {0: [9, 9], **others}, 0).stop


# Patience


@pytest.mark.parametrize(
    ("history", "stop"),
    [
        ([3, 2, 1], False),  # within the patience of 3
        ([3, 4, 4, 4], True),  # nothing below 3 in three epochs
        ([3, 4, 4, 3], True),  # as good is no improvement
        ([3, 4, 4, 2.9], False),
        ([3, 2, 4, 4], False),  # two epochs only since the best
        ([3, 2, 4, 4, 4], True),
    ],
)
def test_patience_waits_for_an_improvement(history: list[float], stop: bool) -> None:
    assert decide(Patience(patience=3), "minimize", {0: history}, 0).stop is stop


def test_patience_wants_more_than_its_delta() -> None:
    """Accuracies: .5 before, .55 at best in the last two epochs; .6 was wanted, or more."""
    decision = decide(Patience(patience=2, min_delta=0.1), "maximize", {0: [0.5, 0.55, 0.5]}, 0)
    assert (decision.stop, decision.band, decision.value) == (True, 3, 0.55)
    assert decision.threshold == pytest.approx(0.6)
    assert "does not improve on 0.5 by more than 0.1" in decision.reason
    assert not decide(Patience(patience=2, min_delta=0.1), "maximize", {0: [0.5, 0.61, 0.5]}, 0).stop


def test_patience_ignores_the_others() -> None:
    histories = {0: [9.0, 8.0, 7.0], 1: [0.0] * 3}
    assert not decide(Patience(patience=1), "minimize", histories, 0).stop


# All


RULES: list[Rule] = [Hyperband(min_iter=1), Asha(), Median(), Patience()]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_what_is_no_finite_number_is_no_iteration(rule: Rule) -> None:
    crowd = {number: [0.5, 0.4, 0.3, 0.2] for number in range(1, 9)}
    plain = decide(rule, "minimize", {0: [0.9, 0.8], **crowd}, 0)
    gaps = decide(rule, "minimize", {0: [math.nan, 0.9, math.inf, 0.8], **crowd}, 0)
    assert plain == gaps


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_the_first_trial_and_one_that_logged_nothing_go_on(rule: Rule) -> None:
    assert not decide(rule, "minimize", {0: [1.0, 0.9]}, 0).stop
    assert not decide(rule, "minimize", {1: [1.0]}, 0).stop


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_a_decision_can_be_kept(rule: Rule) -> None:
    record = decide(rule, "minimize", {n: [float(n)] * 6 for n in range(9)}, 8).record()
    assert set(record) == {"stop", "reason", "band", "threshold", "value"}
    assert json.loads(json.dumps(record)) == record


# The option


YAML_RULE = Hyperband(min_iter=2, eta=4)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (None, YAML_RULE),
        ("none", None),
        ("hyperband", YAML_RULE),
        ("hyperband:min_iter=1", Hyperband(min_iter=1)),
        ("hyperband:eta=2", Hyperband(min_iter=1, eta=2)),
        ("hyperband:max_iter=27,s=2,strict=true", Hyperband(max_iter=27, s=2, strict=True)),
        ("asha", Asha()),
        ("asha:min_iter=2, eta=4", Asha(min_iter=2, eta=4)),
        ("median:warmup=0,min_trials=2", Median(warmup=0, min_trials=2)),
        ("patience:patience=3,min_delta=0.01", Patience(patience=3, min_delta=0.01)),
    ],
)
def test_a_rule_is_named(text: str | None, rule: Rule | None) -> None:
    assert parse_pruner(text, YAML_RULE) == rule


def test_without_a_rule_in_the_yaml() -> None:
    assert parse_pruner(None, None) is None
    assert parse_pruner("hyperband", None) == Hyperband(min_iter=1)


@pytest.mark.parametrize("name", PRUNERS)
def test_every_rule_works_without_parameters(name: str) -> None:
    rule = parse_pruner(name, None)
    assert not decide(rule, "minimize", {0: [1.0]}, 0).stop


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ash", "there is no rule 'ash'. Did you mean 'asha'?"),
        ("none:a=1", "there is no rule 'none'"),
        ("", "It is one of: hyperband, asha, median, patience, none."),
        ("asha:eat=3", "asha has no 'eat'. Did you mean 'eta'? It takes min_iter, eta."),
        ("asha:eta=1", "eta must be a number above 1, not '1'"),
        ("asha:eta=nan", "not 'nan'"),
        ("asha:min_iter=1.5", "min_iter must be a whole number of at least 1, not '1.5'"),
        ("asha:min_iter", "min_iter must be a whole number of at least 1, not nothing"),
        ("hyperband:strict=1", "strict must be true or false"),
        ("hyperband:min_iter=1,max_iter=9,s=1", "give either min_iter, or max_iter together with s"),
        ("hyperband:max_iter=9", "together with s"),
        ("hyperband:max_iter=2,s=1", "no band lies below max_iter 2"),
        ("median:min_trials=0", "min_trials must be a whole number of at least 1"),
        ("patience:min_delta=-1", "min_delta must be a number of at least 0"),
    ],
)
def test_a_wrong_rule_is_refused(text: str, words: str) -> None:
    with pytest.raises(UserError, match=r"^--pruner '") as caught:
        parse_pruner(text, None)
    assert words in str(caught.value)
