"""What early stopping decided and saved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from synthetic import make_trials

from swatch.report.sweep.decisions import savings, verdicts
from swatch.sweep.records import TrialRecord, TrialState


def test_a_verdict_for_each_trial_that_was_compared() -> None:
    trials = make_trials(40)
    found = verdicts(trials[::-1])
    assert [each.number for each in found] == [t.number for t in trials if t.decision is not None]
    for each in found:
        assert each.stop == (trials[each.number].state is TrialState.STOPPED)
        assert (each.band, each.threshold, each.epochs) == (3, 0.8712, len(trials[each.number].history))


@pytest.mark.parametrize(
    "decision", [None, {}, {"stop": False, "reason": "too few"}, "damaged", {"value": float("nan")}]
)
def test_what_was_never_compared_has_no_verdict(decision: object) -> None:
    assert verdicts([replace(make_trials(1)[0], decision=decision)]) == []  # type: ignore[arg-type]


def trial(state: TrialState, epochs: int, planned: int | None = None) -> TrialRecord:
    summary = {} if planned is None else {"planned_epochs": planned}
    history = [{"epoch": epoch} for epoch in range(1, epochs + 1)]
    return replace(make_trials(1)[0], state=state, history=history, summary=summary)


def test_the_savings_count_the_epochs_that_stopped_trials_did_not_take() -> None:
    finished, stopped = TrialState.FINISHED, TrialState.STOPPED
    found = savings([trial(finished, 10), trial(stopped, 1), trial(stopped, 3), trial(TrialState.FAILED, 2)])
    assert found is not None
    assert (found.stopped, found.trials, found.trained, found.whole) == (2, 3, 14, 30)
    assert found.share == pytest.approx(16 / 30)
    planned = savings([trial(finished, 10), trial(stopped, 5, planned=20)])
    assert planned is not None and planned.whole == 30, "the plan of the trial itself wins"


def test_nothing_saved_or_nothing_known_is_not_reported() -> None:
    assert savings([trial(TrialState.FINISHED, 10)]) is None
    assert savings([trial(TrialState.STOPPED, 3)]) is None, "how long it would have been is unknown"
    assert savings([trial(TrialState.FINISHED, 3), trial(TrialState.STOPPED, 3)]) is None
