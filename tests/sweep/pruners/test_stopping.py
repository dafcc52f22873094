"""Hyperband against examples worked by hand."""

from __future__ import annotations

import math

import pytest

from swatch.sweep.pruners.stopping import Hyperband, decide


@pytest.mark.parametrize(
    ("rule", "bands"),
    [
        (Hyperband(min_iter=1), [1, 3, 9, 27, 81]),
        (Hyperband(min_iter=3, eta=2), [3, 6, 12, 24, 48]),
        # 2, 3, 4.5, 6.75, 10.125
        (Hyperband(min_iter=2, eta=1.5), [2, 3, 4, 6, 10]),
    ],
)
def test_bands_grow_from_min_iter(rule: Hyperband, bands: list[int]) -> None:
    assert rule.bands()[:5] == bands


@pytest.mark.parametrize(
    ("rule", "bands"),
    [
        (Hyperband(max_iter=27, s=2), [3, 9]),
        (Hyperband(max_iter=18, s=2), [2, 6]),
        # 100/3 = 33.3, 11.1, 3.7, 1.2, and 0.4 is no band.
        (Hyperband(max_iter=100, s=5), [1, 3, 11, 33]),
        (Hyperband(max_iter=5, s=2, eta=2), [1, 2]),
    ],
)
def test_bands_shrink_from_max_iter(rule: Hyperband, bands: list[int]) -> None:
    assert rule.bands() == bands


def test_minimising_with_the_best_value_so_far() -> None:
    """Five losses at band 2, sorted 6 7 8 9 10: the bar is the one at int(5/2) = 2, which is 8."""
    rule = Hyperband(max_iter=5, s=2, eta=2)
    histories = {0: [10, 9], 1: [10, 10], 2: [10, 8, 8], 3: [10, 7, 7], 4: [10, 6, 6]}
    decision = decide(rule, "minimize", histories, 1)
    assert (decision.stop, decision.band, decision.threshold, decision.value) == (True, 2, 8, 10)
    assert "band 2" in decision.reason
    assert "10" in decision.reason
    assert "8" in decision.reason
    assert "the best 1/2 of 5 trials" in decision.reason
    kept = decide(rule, "minimize", histories, 2)
    assert (kept.stop, kept.band, kept.threshold, kept.value) == (False, 2, 8, 8)


def test_maximising_keeps_the_metrics_own_sign() -> None:
    """Accuracies at band 1, best first: .9 .8 .7 .6; int(4/3) = 1, so the bar is .8."""
    histories = {0: [0.9], 1: [0.8], 2: [0.7], 3: [0.6]}
    decisions = [decide(Hyperband(min_iter=1), "maximize", histories, number) for number in range(4)]
    assert [decision.stop for decision in decisions] == [False, False, True, True]
    assert {decision.threshold for decision in decisions} == {0.8}
    assert [decision.value for decision in decisions] == [0.9, 0.8, 0.7, 0.6]


def test_the_first_trial_to_reach_a_band_goes_on_and_may_fall_later() -> None:
    rule = Hyperband(min_iter=1)
    assert not decide(rule, "maximize", {0: [0.5]}, 0).stop
    # Three more arrive, all better: sorted .8 .7 .6 .5, the bar is .7.
    histories = {0: [0.5, 0.55], 1: [0.6], 2: [0.7], 3: [0.8]}
    later = decide(rule, "maximize", histories, 0)
    assert (later.stop, later.band, later.threshold, later.value) == (True, 1, 0.7, 0.55)


def test_strict_looks_at_the_value_of_the_band_not_at_the_best() -> None:
    """Losses at band 3: 5 3 2, int(3/3) = 1, so the bar is 3; trial 0 was at 1 before it rose to 5."""
    histories = {0: [1, 4, 5], 1: [9, 9, 3], 2: [9, 9, 2]}
    relaxed = decide(Hyperband(min_iter=3), "minimize", histories, 0)
    strict = decide(Hyperband(min_iter=3, strict=True), "minimize", histories, 0)
    assert (relaxed.stop, relaxed.value) == (False, 1)
    assert (strict.stop, strict.value) == (True, 5)


def test_only_trials_that_reached_the_band_set_its_bar() -> None:
    histories = {0: [0.2, 0.3, 0.4], 1: [0.9, 0.9], 2: [0.1, 0.1, 0.5]}
    decision = decide(Hyperband(min_iter=3), "maximize", histories, 0)
    # .5 and .4 at band 3: int(2/3) = 0, the bar is .5.
    assert (decision.stop, decision.band, decision.threshold) == (True, 3, 0.5)


def test_before_the_first_band_nothing_is_decided() -> None:
    decision = decide(Hyperband(min_iter=3), "minimize", {0: [1.0, 2.0], 1: [0.1] * 9}, 0)
    assert not decision.stop
    assert decision.band is None
    assert "before the first band" in decision.reason


def test_values_that_are_no_finite_numbers_are_dropped() -> None:
    """Without the NaN and the infinity trial 0 has one value: below the first band of 2."""
    histories = {0: [math.nan, 5.0, math.inf], 1: [1.0, 1.0]}
    assert decide(Hyperband(min_iter=2), "minimize", histories, 0).band is None
    # And a NaN of another trial does not count towards its iterations: 1 has [1.0] at band 1.
    histories = {0: [5.0], 1: [math.nan, 1.0]}
    assert decide(Hyperband(min_iter=1), "minimize", histories, 0).threshold == 1.0


def test_a_tie_with_the_bar_goes_on() -> None:
    assert not decide(Hyperband(min_iter=1), "minimize", {0: [1.0], 1: [1.0], 2: [1.0]}, 0).stop


def test_without_a_rule_nothing_stops() -> None:
    assert not decide(None, "minimize", {0: [9.0], 1: [1.0]}, 0).stop


def test_a_trial_that_logged_nothing_goes_on() -> None:
    assert not decide(Hyperband(min_iter=1), "minimize", {1: [1.0]}, 0).stop
