"""Sweeping a Python function: finding it, calling it, keeping its run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sweep_cases import make_sweep, trials_of, work

from swatch.errors import UserError
from swatch.sweep.agent.function import FunctionRunner
from swatch.sweep.agent.loading import load_function, spec_of, takes_trial
from swatch.sweep.agent.stop_flag import StopFlag
from swatch.sweep.agent.trial import Trial
from swatch.sweep.records import TrialRecord, TrialState
from swatch.tracking import RunDirectory
from swatch.tracking.background import drain

DISABLED = {"mode": "disabled"}


def run_one(folder: Path, function: Callable[..., Any], **sweep: Any) -> TrialRecord:
    make_sweep(folder, count=1, **sweep)
    with suppress(UserError):  # The first trial without the metric ends its sweep.
        work(folder, FunctionRunner(function, DISABLED))
    (trial,) = trials_of(folder)
    return trial


@pytest.mark.parametrize(
    ("returned", "objective"),
    [
        ({"loss": 0.25, "accuracy": 0.9}, 0.25),
        (0.25, 0.25),
        (np.float32(0.25), 0.25),
        ({"loss": np.float64(0.25)}, 0.25),
        (1, 1.0),
    ],
)
def test_what_a_function_returns_is_its_result(tmp_path: Path, returned: Any, objective: float) -> None:
    trial = run_one(tmp_path, lambda parameters: returned)
    assert (trial.state, trial.objective) == (TrialState.FINISHED, objective)
    assert trial.history[0]["epoch"] == 1


def test_reports_are_epochs_and_the_best_counts(tmp_path: Path) -> None:
    def train(parameters: dict[str, Any], trial: Trial) -> None:
        for loss in (0.5, 0.2, 0.4):
            trial.report({"loss": loss})

    trial = run_one(tmp_path, train)
    assert [(record["epoch"], record["loss"]) for record in trial.history] == [(1, 0.5), (2, 0.2), (3, 0.4)]
    assert trial.objective == 0.2
    assert trial.summary["best"]["epoch"] == 2


def test_reports_and_a_returned_result_go_together(tmp_path: Path) -> None:
    def train(parameters: dict[str, Any], trial: Trial) -> dict[str, float]:
        trial.report({"loss": 0.5}, epoch=10)
        return {"loss": 0.4}

    assert [record["epoch"] for record in run_one(tmp_path, train).history] == [10, 11]


def test_the_run_directory_is_that_of_any_run(tmp_path: Path) -> None:
    def train(parameters: dict[str, Any], trial: Trial) -> None:
        trial.report({"loss": 0.5})
        (trial.run_directory / "notes.txt").write_text(trial.run_id)

    trial = run_one(tmp_path, train, parameters={"model.x": {"min": 0.0, "max": 1.0}, "c": {"value": 3}})
    folder = tmp_path / "runs" / trial.run_id
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert config == {"model": {"x": trial.point["model.x"]}, "c": 3, "seed": trial.seed}
    (line,) = (folder / "history.jsonl").read_text().splitlines()
    assert json.loads(line)["loss"] == 0.5
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["status"], summary["best"]["loss"], summary["epochs"]) == ("finished", 0.5, 1)
    assert (folder / "notes.txt").read_text() == trial.run_id


def test_wandb_gets_the_same_facts_offline(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=1)
    work(tmp_path, FunctionRunner(lambda parameters: 0.5, {"mode": "offline", "project": "mine"}))
    assert drain(10)
    (trial,) = trials_of(tmp_path)
    (file,) = (tmp_path / "runs" / trial.run_id / "wandb").glob(f"offline-run-*-{trial.run_id}/*.wandb")
    assert file.stat().st_size > 0


def test_a_function_that_raises_is_failed_with_its_traceback(tmp_path: Path) -> None:
    def train(parameters: dict[str, Any]) -> float:
        raise ZeroDivisionError("no data")

    trial = run_one(tmp_path, train)
    folder = tmp_path / "runs" / trial.run_id
    assert (trial.state, trial.reason) == (TrialState.FAILED, "ZeroDivisionError: no data")
    assert "in train" in (folder / "traceback.txt").read_text()
    assert json.loads((folder / "summary.json").read_text())["status"] == "failed"


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ({"acc": 0.5}, "it never logged 'loss' (it logged: acc)"),
        (None, "it never logged 'loss' (it logged nothing)"),
        ("good", "the function returned something else than metrics"),
        (
            {"loss": 0.5, "curve": object()},
            "the function returned something else than metrics: 'curve' is of",
        ),
        ({"loss": [0.5, 0.25]}, "'loss' must be a number (last: [0.5, 0.25])"),
    ],
)
def test_a_function_without_a_result_is_failed(tmp_path: Path, returned: Any, message: str) -> None:
    trial = run_one(tmp_path, lambda parameters: returned)
    assert trial.state is TrialState.FAILED
    assert trial.reason is not None and trial.reason.startswith(message)


def test_a_function_that_leaves_ends_its_trial_alone(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=2)
    begun = []

    def train(parameters: dict[str, Any]) -> float:
        begun.append(parameters)
        raise SystemExit(3)

    work(tmp_path, FunctionRunner(train, DISABLED))
    assert len(begun) == 2, "the agent went on"
    assert [trial.state for trial in trials_of(tmp_path)] == [TrialState.FAILED] * 2
    assert trials_of(tmp_path)[0].reason == "the function left with sys.exit(3)"


@pytest.mark.parametrize("code", [None, 0])
def test_a_function_that_leaves_without_an_error_is_done(tmp_path: Path, code: int | None) -> None:
    def train(parameters: dict[str, Any], trial: Trial) -> None:
        trial.report({"loss": 0.5})
        raise SystemExit(code)  # As scripts do at their end.

    trial = run_one(tmp_path, train)
    assert (trial.state, trial.objective) == (TrialState.FINISHED, 0.5)


def test_an_interruption_that_nobody_asked_for_is_the_functions_own(tmp_path: Path) -> None:
    def train(parameters: dict[str, Any]) -> float:
        raise KeyboardInterrupt

    make_sweep(tmp_path, count=2)
    runner = FunctionRunner(train, DISABLED)
    runner.hears_ctrl_c = False  # As in an agent's process, which catches the signal.
    work(tmp_path, runner)
    assert [trial.reason for trial in trials_of(tmp_path)] == ["the function raised KeyboardInterrupt"] * 2


def test_epochs_that_do_not_rise_are_refused(tmp_path: Path) -> None:
    def train(parameters: dict[str, Any], trial: Trial) -> None:
        trial.report({"loss": 1.0}, epoch=2)
        trial.report({"loss": 1.0}, epoch=2)

    assert (
        run_one(tmp_path, train).reason
        == "ValueError: trial.report: epoch 2 after epoch 2; epochs count upwards"
    )


def test_the_epoch_among_the_metrics_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    monkeypatch.setattr(RunDirectory, "log", lambda self, step, metrics: steps.append(step))

    def train(parameters: dict[str, Any], trial: Trial) -> None:
        for epoch in range(3):  # From 0, as wandb.log({"epoch": epoch, ...}) is mostly called.
            trial.report({"epoch": epoch, "loss": 1.0, "timestamp": 7})

    history = run_one(tmp_path, train).history
    assert [record["epoch"] for record in history] == steps == [0, 1, 2], "no two rows of wandb share a step"
    assert all(record["timestamp"] > 7 for record in history)


@pytest.mark.parametrize("epoch", ["two", 1.5, None, float("nan")])
def test_an_epoch_is_a_whole_number(tmp_path: Path, epoch: Any) -> None:
    def train(parameters: dict[str, Any], trial: Trial) -> None:
        trial.report({"loss": 1.0, "epoch": epoch})

    reason = run_one(tmp_path, train).reason
    assert reason == f"ValueError: trial.report: epoch {epoch!r}; epochs are whole numbers"


def test_seconds_are_an_epochs_own(tmp_path: Path) -> None:
    def train(parameters: dict[str, Any], trial: Trial) -> None:
        for seconds in ({}, {}, {"seconds": 77.0}):
            time.sleep(0.05)
            trial.report({"loss": 1.0, **seconds})

    first, second, third = run_one(tmp_path, train).history
    assert first["seconds"] >= 0.05
    assert second["seconds"] == pytest.approx(second["timestamp"] - first["timestamp"], abs=0.02)
    assert third["seconds"] == 77.0, "what the function measured itself is not written over"


def test_the_stopping_rule_ends_a_function_through_its_own_except_clauses(tmp_path: Path) -> None:
    reached = []

    def train(parameters: dict[str, Any], trial: Trial) -> None:
        for epoch in range(1, 5):
            try:
                trial.report({"loss": float(trial.number)})
            except Exception:  # noqa: BLE001
                reached.append("swallowed")
            reached.append((trial.number, epoch))

    make_sweep(tmp_path, count=4, extra={"early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 3}})
    work(tmp_path, FunctionRunner(train, DISABLED))
    states = [trial.state.value for trial in trials_of(tmp_path)]
    assert states == ["finished", "stopped", "stopped", "stopped"]
    assert (1, 1) in reached and (1, 2) not in reached and "swallowed" not in reached


def test_a_function_is_interrupted_at_its_report_and_starts_again(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=1)
    stop = StopFlag()

    def train(parameters: dict[str, Any], trial: Trial) -> None:
        trial.report({"loss": 1.0})
        stop.set()
        trial.report({"loss": 0.5})
        raise AssertionError("went on after the interruption")

    assert work(tmp_path, FunctionRunner(train, DISABLED), stop).interrupted
    (waiting,) = trials_of(tmp_path)
    assert waiting.state is TrialState.WAITING
    work(tmp_path, FunctionRunner(lambda parameters: 0.1, DISABLED))
    (trial,) = trials_of(tmp_path)
    assert (trial.run_id, trial.objective, len(trial.history)) == (waiting.run_id, 0.1, 1)


# Finding the function


def test_a_function_is_found_in_a_module_and_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "helper_of_user.py").write_text("FACTOR = 2\n")
    (tmp_path / "user_train.py").write_text(
        "import helper_of_user\n\ndef train(p):\n    return helper_of_user.FACTOR * p['x']\n"
        "class Model:\n    @staticmethod\n    def fit(p):\n        return 5\n"
        "if __name__ == '__main__':\n    raise SystemExit('ran as a script')\n"
    )
    monkeypatch.chdir(tmp_path)
    assert load_function("user_train:train")({"x": 4}) == 8
    assert load_function(f"{tmp_path}/user_train.py:train")({"x": 4}) == 8
    assert load_function("user_train.py:Model.fit")({}) == 5


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("train", "write package.module:function"),
        ("no_such_module:train", "there is no module 'no_such_module'"),
        ("user_broken:train", "importing user_broken failed: .*no_such_thing"),
        ("user_raises:train", "importing user_raises failed: RuntimeError: at import"),
        ("user_fine:trian", "has no 'trian'. Did you mean 'train'"),
        ("user_fine:CONSTANT", "is a int, not a function"),
        ("nothing.py:train", "there is no file nothing.py"),
        ("user_raises.py:train", "running user_raises.py failed: RuntimeError: at import"),
    ],
)
def test_a_function_that_is_not_there_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, message: str
) -> None:
    (tmp_path / "user_fine.py").write_text("CONSTANT = 1\ndef train(p): return 1\n")
    (tmp_path / "user_broken.py").write_text("import no_such_thing\n")
    (tmp_path / "user_raises.py").write_text("raise RuntimeError('at import')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=message):
        load_function(spec)


def test_the_signature_decides_whether_the_trial_is_passed() -> None:
    assert takes_trial(lambda parameters, trial: None)
    assert takes_trial(lambda parameters, trial=None: None)
    assert not takes_trial(lambda parameters: None)
    assert not takes_trial(lambda parameters, *, verbose=False: None)
    for wrong in (lambda: None, lambda a, b, c: None):
        with pytest.raises(UserError, match=r"must take \(parameters\) or \(parameters, trial\)"):
            takes_trial(wrong)


def test_only_functions_at_the_top_level_can_be_named() -> None:
    assert spec_of(load_function) == "swatch.sweep.agent.loading:load_function"
    assert load_function(str(spec_of(load_function))) is load_function
    assert spec_of(lambda parameters: None) is None

    def inner(parameters: dict[str, Any]) -> None: ...

    assert spec_of(inner) is None
