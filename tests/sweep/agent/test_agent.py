"""An agent's life: claiming, training, reporting, stopping, failing, giving back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sweep_cases import Ended, loss_of, make_agent, make_sweep, open_ledger, parabola, trials_of, work

from swatch.errors import Interrupted, UserError
from swatch.files import WriteError
from swatch.sweep.agent.agent import TRACEBACK_FILE
from swatch.sweep.agent.stop_flag import StopFlag
from swatch.sweep.agent.trial import Trial
from swatch.sweep.records import TrialState


def test_an_agent_trains_every_trial_and_leaves(tmp_path: Path) -> None:
    make_sweep(tmp_path)
    end = work(tmp_path, parabola)
    assert (end.reason, end.gave_up, end.interrupted) == ("all 4 trials are taken", False, False)
    trials = trials_of(tmp_path)
    assert [trial.state for trial in trials] == [TrialState.FINISHED] * 4
    assert [trial.objective for trial in trials] == [loss_of(t.point) + 1 / 3 for t in trials]
    assert trials[0].summary == {"epochs": 3}
    assert len({trial.run_id for trial in trials}) == 4
    assert open_ledger(tmp_path).processes("s") == []


def test_a_finite_space_ends_the_sweep(tmp_path: Path) -> None:
    make_sweep(
        tmp_path,
        method="grid",
        count=None,
        parameters={"x": {"values": [0.1, 0.2, 0.3]}, "optimizer": {"values": ["adam", "sgd"]}},
    )
    assert work(tmp_path, parabola).reason == "every point has been tried"
    points = [(trial.point["x"], trial.point["optimizer"]) for trial in trials_of(tmp_path)]
    assert sorted(points) == [(x, o) for x in (0.1, 0.2, 0.3) for o in ("adam", "sgd")]


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_a_sweep_with_one_agent_repeats(tmp_path: Path, method: str) -> None:
    points = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        make_sweep(tmp_path / name, method=method, count=13, seed=3)
        work(tmp_path / name, parabola)
        points.append([trial.point for trial in trials_of(tmp_path / name)])
    assert points[0] == points[1]


def test_one_and_three_agents_try_the_same_random_points(tmp_path: Path) -> None:
    sets = []
    for agents in (1, 3):
        folder = tmp_path / str(agents)
        folder.mkdir()
        make_sweep(folder, count=12)
        crew = [make_agent(folder, parabola) for _ in range(agents)]
        threads = [threading.Thread(target=agent.work) for agent in crew]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        trials = trials_of(folder)
        assert [trial.number for trial in trials] == list(range(12))
        sets.append({trial.number: trial.point for trial in trials})
    assert sets[0] == sets[1]


def test_the_target_ends_the_sweep(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=100, extra={"metric": {"name": "loss", "goal": "minimize", "target": 0.5}})
    end = work(tmp_path, parabola)
    last = trials_of(tmp_path)[-1]
    assert end.reason == f"trial {last.number} reached the target"
    assert last.objective is not None and last.objective <= 0.5
    assert all((t.objective or 0) > 0.5 for t in trials_of(tmp_path)[:-1])


# Failing


def test_a_trial_that_raises_is_failed_and_the_sweep_goes_on(tmp_path: Path) -> None:
    make_sweep(tmp_path)

    def sometimes(trial: Trial) -> Ended:
        if trial.number == 1:
            raise ValueError("no such\nlayer")
        return parabola(trial)

    work(tmp_path, sometimes)
    trials = trials_of(tmp_path)
    assert [trial.state.value for trial in trials] == ["finished", "failed", "finished", "finished"]
    assert trials[1].reason == "ValueError: no such layer"
    trace = (tmp_path / "runs" / trials[1].run_id / TRACEBACK_FILE).read_text()
    assert "in sometimes" in trace and "ValueError: no such" in trace
    assert trials[1].objective is None and trials[1].ended is not None


def test_an_error_for_people_needs_no_class_and_no_traceback(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=1)

    def refuse(trial: Trial) -> Ended:
        raise UserError("batch_size 5000 is larger than the data")

    work(tmp_path, refuse)
    (trial,) = trials_of(tmp_path)
    assert (trial.state, trial.reason) == (TrialState.FAILED, "batch_size 5000 is larger than the data")
    assert not (tmp_path / "runs").exists()


def test_an_agent_gives_up_after_too_many_failures_in_a_row(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=20, max_consecutive_failures=3)

    def often(trial: Trial) -> Ended:
        if trial.number != 1:
            raise RuntimeError("broken machine")
        return parabola(trial)

    end = work(tmp_path, often)
    assert end.gave_up and end.reason == "3 trials in a row failed"
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["failed", "finished", *["failed"] * 3]


def test_divergence_says_something_of_the_point_and_not_of_the_machine(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=5, max_consecutive_failures=2)
    end = work(tmp_path, lambda trial: Ended("failed", "diverged: loss is nan at epoch 2, step 812"))
    assert not end.gave_up
    assert {trial.reason for trial in trials_of(tmp_path)} == {"diverged: loss is nan at epoch 2, step 812"}


def test_a_trial_without_a_valid_value_is_failed(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=2, max_consecutive_failures=1)

    def never_a_number(trial: Trial) -> Ended:
        trial.log({"epoch": 1, "loss": float("nan")})
        return Ended()

    work(tmp_path, never_a_number)
    trials = trials_of(tmp_path)
    assert [trial.state for trial in trials] == [TrialState.FAILED] * 2
    assert trials[0].reason == "diverged: 'loss' was never a finite number (last: nan)"


def test_a_metric_that_nobody_logs_ends_the_sweep_with_its_first_trial(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=9)

    def elsewhere(trial: Trial) -> Ended:
        trial.log({"epoch": 1, "los": 0.5})
        return Ended()

    with pytest.raises(UserError, match=r"never logged 'loss' \(it logged: los\)\. Did you mean 'los'\?"):
        work(tmp_path, elsewhere)
    (trial,) = trials_of(tmp_path)
    assert trial.state is TrialState.FAILED
    assert trial.reason == "it never logged 'loss' (it logged: los)"


def test_one_trial_without_the_metric_fails_alone_where_others_log_it(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=3)

    def sometimes(trial: Trial) -> Ended:
        trial.log({"epoch": 1, "accuracy" if trial.number == 1 else "loss": 0.9})
        return Ended()

    work(tmp_path, sometimes)
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished", "failed", "finished"]


def test_a_full_disk_ends_the_agent_and_keeps_the_trial(tmp_path: Path) -> None:
    make_sweep(tmp_path)

    def full(trial: Trial) -> Ended:
        trial.log({"epoch": 1, "loss": 0.5})
        raise WriteError("cannot write checkpoint.npz: no space left on the disk")

    with pytest.raises(WriteError, match="no space left"):
        work(tmp_path, full)
    (trial,) = trials_of(tmp_path)
    assert trial.state is TrialState.WAITING and len(trial.history) == 1
    work(tmp_path, parabola)
    assert [t.state for t in trials_of(tmp_path)] == [TrialState.FINISHED] * 4


# Interruptions and crashes


def interrupted_outcome(trial: Trial) -> Ended:
    return Ended("interrupted", "the agent ends")


def raises_interrupted(trial: Trial) -> Ended:
    raise Interrupted("SIGTERM")


@pytest.mark.parametrize("interrupt", [interrupted_outcome, raises_interrupted])
def test_an_interrupted_trial_is_given_back_and_goes_on(
    tmp_path: Path, interrupt: Callable[[Trial], Any]
) -> None:
    make_sweep(tmp_path)
    stop = StopFlag()

    def once(trial: Trial) -> Ended:
        if trial.number == 2:
            trial.log({"epoch": 1, "loss": 0.4})
            stop.set()
            ended: Ended = interrupt(trial)
            return ended
        return parabola(trial)

    end = work(tmp_path, once, stop)
    assert end.interrupted
    before = trials_of(tmp_path)
    assert [trial.state.value for trial in before] == ["finished", "finished", "waiting"]
    numbers = []
    work(
        tmp_path, lambda trial: numbers.append((trial.number, trial.attempt, trial.run_id)) or parabola(trial)
    )
    after = trials_of(tmp_path)
    assert numbers[0] == (2, 2, before[2].run_id), "what was begun is finished before anything new"
    assert [trial.state.value for trial in after] == ["finished"] * 4
    assert after[2].attempts == 2


def test_ctrl_c_gives_the_trial_back(tmp_path: Path) -> None:
    make_sweep(tmp_path)

    def press(trial: Trial) -> Ended:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(tmp_path, press)
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["waiting"]
    assert open_ledger(tmp_path).processes("s") == []


def test_an_error_of_the_agent_itself_counts_as_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_sweep(tmp_path, retries=0)
    agent = make_agent(tmp_path, parabola)
    monkeypatch.setattr(agent, "_finish", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        agent.work()
    assert trials_of(tmp_path)[0].state is TrialState.WAITING, "it had logged epochs: nothing is charged"


def test_a_fenced_agent_leaves_the_trial_to_its_successor(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=2)
    late: list[str] = []

    def slow(trial: Trial) -> Ended:
        if trial.attempt == 1 and trial.number == 0:
            trial.log({"epoch": 1, "loss": 9.0})
            ledger = open_ledger(tmp_path)
            ledger.goodbye("s", ledger.processes("s")[0].id, "taken for dead")
            successor = ledger.reclaim("s", ledger.register("s", "agent"), 0)
            assert successor is not None
            late.append("reports")
            trial.log({"epoch": 2, "loss": 0.0})
            late.append("is heard")
        return parabola(trial)

    work(tmp_path, slow)
    first, second = trials_of(tmp_path)
    assert late == ["reports"]
    assert (first.state, first.objective, first.attempts) == (TrialState.RUNNING, 9.0, 2)
    assert second.state is TrialState.FINISHED


def test_an_agent_that_is_fenced_before_the_end_of_its_trial_goes_on_with_others(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=2)

    def taken_away(trial: Trial) -> Ended:
        end = parabola(trial)
        if trial.attempt == 1 and trial.number == 0:
            ledger = open_ledger(tmp_path)
            ledger.goodbye("s", ledger.processes("s")[0].id, "taken for dead")
        return end

    work(tmp_path, taken_away)
    assert [(trial.state.value, trial.attempts) for trial in trials_of(tmp_path)] == [
        ("finished", 2),
        ("finished", 1),
    ]


def test_epochs_that_only_the_run_knows_are_added(tmp_path: Path) -> None:
    """A crash between the checkpoint and the report leaves a gap, which the finished run fills."""
    make_sweep(tmp_path, count=1)

    def resumed(trial: Trial) -> Ended:
        whole = [{"epoch": epoch, "loss": 1 / epoch} for epoch in (1, 2, 3)]
        trial.log(whole[2])
        return Ended(history=whole)

    work(tmp_path, resumed)
    (trial,) = trials_of(tmp_path)
    assert [record["epoch"] for record in trial.history] == [1, 2, 3]


# Stopping


def test_the_stopping_rule_is_obeyed_and_its_decision_kept(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=12, extra={"early_terminate": {"type": "hyperband", "min_iter": 1, "eta": 3}})
    work(tmp_path, parabola)
    trials = trials_of(tmp_path)
    stopped = [trial for trial in trials if trial.state is TrialState.STOPPED]
    assert stopped, "twelve trials of different quality, and none was stopped"
    for trial in stopped:
        assert trial.reason is not None and trial.reason.startswith("hyperband, band ")
        assert trial.decision is not None and trial.decision["value"] > trial.decision["threshold"]
        assert trial.objective == min(record["loss"] for record in trial.history)
    finished = [trial.decision for trial in trials if trial.state is TrialState.FINISHED]
    assert all(decision is not None and not decision["stop"] and decision["reason"] for decision in finished)


def test_the_last_comparison_is_kept_where_a_rule_compares_now_and_then(tmp_path: Path) -> None:
    """Of three epochs ASHA with eta 2 compares the first two (rungs 1, 2 and 4)."""
    make_sweep(tmp_path, count=3, pruner="asha:eta=2")
    work(tmp_path, parabola)
    decisions = {trial.number: trial.decision for trial in trials_of(tmp_path) if trial.history[2:]}
    assert decisions
    assert all(decision is not None and decision["band"] == 2 for decision in decisions.values())


def test_a_sweep_ends_when_another_trial_is_expected_to_gain_too_little(tmp_path: Path) -> None:
    make_sweep(tmp_path, method="bayes", count=30, stop_gain=1e3)
    end = work(tmp_path, parabola)
    assert "less of another trial than --stop-gain" in end.reason
    # Ten trials explore before there is a model to ask.
    assert len(trials_of(tmp_path)) == 10
