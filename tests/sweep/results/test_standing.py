"""Which trials are best, by their results and by the model; and what is said where there is none."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import yaml
from sweep_cases import LINE, make_sweep, open_ledger

from swatch.errors import RunFailed, UserError
from swatch.report.terminal.best_view import luck_lines, progress_lines
from swatch.sweep.records import RunRecord, SweepRecord, TrialRecord, TrialState
from swatch.sweep.results.contest import contestants, fresh_seeds
from swatch.sweep.results.standing import MEAN, Standing, standing


@pytest.fixture
def sweep(tmp_path: Any) -> SweepRecord:
    return make_sweep(tmp_path)


def trial(number: int, x: float, loss: float | None, **changes: Any) -> TrialRecord:
    made = TrialRecord(
        number=number,
        point={"x": x, "optimizer": "adam"},
        point_key=f"key{number}",
        run_id=f"run{number}",
        seed=0,
        state=TrialState.FINISHED,
        objective=loss,
    )
    return replace(made, **changes)


def noisy(lucky: int = 3) -> list[TrialRecord]:
    """A parabola around 0.5 in 30 trials with a little noise, and one far off that was very lucky."""
    rng = np.random.default_rng(0)
    trials = [
        trial(number, x, (x - 0.5) ** 2 + 0.02 * rng.standard_normal())
        for number, x in enumerate(rng.random(30).tolist())
    ]
    return [
        replace(t, point={**t.point, "x": 0.8}, objective=-0.06) if t.number == lucky else t for t in trials
    ]


def test_luck_wins_by_run_and_the_middle_wins_by_mean(sweep: SweepRecord) -> None:
    found = standing(sweep, noisy())
    assert found.by_run[0].number == 3
    mean = found.by_mean[0]
    assert mean.number != 3 and abs(mean.point["x"] - 0.5) < 0.15
    expected = found.expectations[mean.number]
    assert abs(expected.mean - (mean.point["x"] - 0.5) ** 2) < 0.02
    assert expected.deviation is None, "30 trials are too few"
    means = [found.expectations[each.number].mean for each in found.by_mean]
    assert means == sorted(means) and len(means) == 30
    lines = " ".join(luck_lines(found))
    assert "Best run: trial 3, -0.0600" in lines and f"Best by model mean: trial {mean.number}" in lines
    assert "(not 0.8)" in lines and "luck" in lines


def test_the_ranking_agrees_with_what_the_search_believes(sweep: SweepRecord) -> None:
    from swatch.sweep.restored import RestoredSweep

    trials = noisy()
    belief = RestoredSweep.of(sweep).search.believe(trials)
    found = standing(sweep, trials)
    assert belief is not None and belief.best_by_mean.trial == found.by_mean[0].number
    assert belief.best_by_mean.mean == pytest.approx(found.expectations[found.by_mean[0].number].mean)


def test_stopped_trials_do_not_pull_down_their_neighbours(sweep: SweepRecord) -> None:
    finished = [trial(n, 0.1 * n, (0.1 * n - 0.5) ** 2) for n in range(10)]
    # Around the best one others were stopped, with the values of their first epoch.
    stopped = [trial(10 + n, 0.45 + 0.01 * n, 0.3, state=TrialState.STOPPED) for n in range(10)]
    found = standing(sweep, [*finished, *stopped])
    assert found.by_mean[0].number == 5 and found.expectations[5].mean == pytest.approx(0.0, abs=0.02)
    assert {each.number for each in found.by_mean} == set(range(10))
    few = standing(sweep, [*finished[3:7], *stopped])
    assert {each.number for each in few.by_mean} == {3, 4, 5, 6, *range(10, 20)}


def test_to_maximise_the_highest_mean_is_first(tmp_path: Any) -> None:
    sweep = replace(make_sweep(tmp_path), goal="maximize")
    text = yaml.safe_dump({**yaml.safe_load(sweep.yaml), "metric": {"name": "loss", "goal": "maximize"}})
    trials = [replace(t, objective=-t.objective) for t in noisy() if t.objective is not None]
    found = standing(replace(sweep, yaml=text), trials)
    assert found.by_mean[0].number == standing(make_sweep(tmp_path / "other"), noisy()).by_mean[0].number
    means = [found.expectations[each.number].mean for each in found.by_mean]
    assert means == sorted(means, reverse=True)


def test_too_few_results_leave_the_model_silent(sweep: SweepRecord) -> None:
    found = standing(sweep, noisy()[:3])
    assert found.by_mean == () and luck_lines(found) == []
    with pytest.raises(UserError, match=r"--by mean: the model says nothing .* four results"):
        found.chosen(MEAN)


def test_failed_and_running_trials_have_no_place_and_are_told_of(sweep: SweepRecord) -> None:
    trials = [
        *noisy()[:6],
        trial(6, 0.1, None, state=TrialState.FAILED, reason="diverged: loss is nan\nmore"),
        trial(7, 0.2, -5.0, state=TrialState.RUNNING),
    ]
    found = standing(sweep, trials)
    assert {6, 7}.isdisjoint(each.number for each in (*found.by_run, *found.by_mean))
    assert progress_lines(found) == ["1 trial of 8 has not ended yet: this is the best so far."]
    with pytest.raises(
        UserError, match=r"--trial 6: it is failed \(diverged.* has no result to go by; 6 trials"
    ):
        found.chosen(number=6)
    with pytest.raises(UserError, match="--trial 7: it is running and has no result"):
        found.chosen(number=7)
    with pytest.raises(
        UserError, match=r"--trial 70: .* no such trial; its trials are 0 to 7\. Did you mean '7'"
    ):
        found.chosen(number=70)


def test_a_sweep_without_results_says_what_became_of_its_trials(sweep: SweepRecord) -> None:
    trials = [
        trial(0, 0.1, None, state=TrialState.FAILED, reason="ValueError: no"),
        trial(1, 0.2, 0.5, state=TrialState.RUNNING),
        trial(2, 0.3, None, state=TrialState.WAITING),
    ]
    found = standing(sweep, trials)
    with pytest.raises(
        RunFailed, match=r"no trial of sweep s has a result yet \(1 waiting, 1 running, 1 failed\)"
    ):
        found.chosen()
    assert "one reason: ValueError: no" in found.why_no_result()
    assert progress_lines(found)[0] == "Trial 1 is still running; that is its best value so far."


def test_several_metrics_have_a_front_and_no_best(tmp_path: Any) -> None:
    metrics = [{"name": "loss", "goal": "minimize"}, {"name": "size", "goal": "minimize"}]
    sweep = make_sweep(tmp_path)
    raw = {key: value for key, value in yaml.safe_load(sweep.yaml).items() if key != "metric"}
    sweep = replace(sweep, yaml=yaml.safe_dump({**raw, "metrics": metrics}))
    values = [(1.0, 1.0), (0.5, 2.0), (1.0, 2.0), (0.2, 9.0)]
    trials = [
        trial(n, n / 10, loss, history=[{"epoch": 1, "loss": loss, "size": size}])
        for n, (loss, size) in enumerate(values)
    ]
    found = standing(sweep, trials)
    assert [each.number for each in found.front] == [0, 1, 3]
    with pytest.raises(UserError, match=r"several metrics .* front \(0, 1, 3\) with --trial N"):
        found.chosen()
    assert found.chosen(number=2).number == 2


def test_both_rankings_are_in_the_contest_each_configuration_once(sweep: SweepRecord) -> None:
    found = standing(sweep, noisy())
    chosen = contestants(found, 2)
    assert [each.trial.number for each in chosen[:2]] == [each.number for each in found.by_run[:2]]
    assert {each.trial.number for each in chosen} == {
        each.number for each in (*found.by_run[:2], *found.by_mean[:2])
    }
    assert [each.by_run for each in chosen][:2] == [1, 2]
    by_mean = {each.by_mean: each.trial.number for each in chosen if each.by_mean}
    assert by_mean == {place: each.number for place, each in enumerate(found.by_mean[:2], 1)}
    same = [trial(n, 0.5, float(n), point={"x": 0.5, "seed": n}) for n in range(3)]
    twins = Standing(sweep, tuple(same), tuple(same))
    assert [each.trial.number for each in contestants(twins, 3)] == [0]


def test_fresh_seeds_were_used_by_no_trial() -> None:
    repeats = (RunRecord("a", 1001), RunRecord("b", 1003))
    used = [trial(0, 0.1, 0.1, seed=1000), trial(1, 0.1, 0.1, runs=repeats), trial(2, 0.1, math.nan)]
    assert fresh_seeds(used, 3) == [1002, 1004, 1005]


def test_the_ledger_gives_what_a_standing_needs(tmp_path: Any) -> None:
    from sweep_cases import parabola, work

    sweep = make_sweep(tmp_path, count=6, method="random", parameters=LINE)
    work(tmp_path, parabola)
    ledger = open_ledger(tmp_path)
    found = standing(ledger.sweep(sweep.id), ledger.trials(sweep.id))
    assert len(found.by_run) == 6 and found.unfinished == 0
