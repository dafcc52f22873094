"""``swatch.sweep.run``: anybody's function, swept from Python."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from swatch.errors import RunFailed, UserError
from swatch.sweep import run
from swatch.sweep.agent.loading import load_function

SWEEP = {
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
}


def train(parameters: dict[str, Any]) -> dict[str, float]:
    return {"loss": (parameters["x"] - 0.3) ** 2}


def test_a_dict_and_a_function_are_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(SWEEP, train, count=5, tracking="disabled")
    assert len(result.trials) == 5
    assert result.value == min((t.point["x"] - 0.3) ** 2 for t in result.trials)
    assert result.parameters == result.best.point
    assert result.directory == tmp_path / "runs" / "sweeps" / result.sweep.id
    assert result.sweep.id.startswith("train-")
    names = {path.name for path in result.directory.iterdir()}
    assert {"sweep.yaml", "study.db", "best.yaml", "trials.csv", "report.html"} <= names
    shown = capsys.readouterr()
    assert f"Best of sweep {result.sweep.id}" in shown.out
    assert "swatch train" not in shown.out, "no command repeats a function"
    assert shown.err.count("trial ") >= 5


def test_a_yaml_file_and_named_home(tmp_path: Path) -> None:
    import yaml

    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**SWEEP, "run_cap": 2}))
    result = run(tmp_path / "mine.yaml", train, home=tmp_path / "here", name="first", tracking="disabled")
    assert (len(result.trials), result.sweep.id) == (2, "first")
    assert result.directory == tmp_path / "here" / "sweeps" / "first"
    assert (tmp_path / "here" / result.best.run_id / "summary.json").exists()


def test_the_same_call_goes_on_after_ctrl_c_and_starts_anew_after_the_end() -> None:
    calls = []

    def counted(parameters: dict[str, Any]) -> float:
        calls.append(parameters["x"])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return parameters["x"]

    with pytest.raises(KeyboardInterrupt):
        run(SWEEP, counted, count=5, tracking="disabled")
    first = run(SWEEP, counted, count=5, tracking="disabled")
    assert len(calls) == 6 and len(set(calls)) == 5, "only the interrupted trial is run again"
    assert [trial.attempts for trial in first.trials] == [1, 1, 2, 1, 1]
    second = run(SWEEP, counted, count=5, tracking="disabled")
    assert second.sweep.id == f"{first.sweep.id}-2"
    assert [t.point for t in second.trials] == [t.point for t in first.trials]


def test_a_finished_name_is_not_used_twice() -> None:
    assert run(SWEEP, train, count=1, name="mine", tracking="disabled").sweep.id == "mine"
    assert run(SWEEP, train, count=1, name="mine", tracking="disabled").sweep.id == "mine-2"


def test_an_unfinished_name_belongs_to_its_sweep() -> None:
    def press(parameters: dict[str, Any]) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(SWEEP, press, count=2, name="mine", tracking="disabled")
    other = {**SWEEP, "metric": {"name": "loss", "goal": "maximize"}}
    with pytest.raises(UserError, match="sweep mine cannot be edited so: its trials were judged by"):
        run(other, press, count=2, name="mine", tracking="disabled")


def test_if_every_trial_fails_the_reasons_are_said() -> None:
    def broken(parameters: dict[str, Any]) -> float:
        raise OSError("no data")

    with pytest.raises(
        RunFailed, match=r"all 2 trials of .* failed: OSError: no data; see runs/.*/traceback.txt"
    ):
        run(SWEEP, broken, count=2, tracking="disabled")
    with pytest.raises(RunFailed, match="3 trials in a row failed: OSError: no data"):
        run(SWEEP, broken, count=9, max_consecutive_failures=3, tracking="disabled")


def test_resuming_keeps_how_the_sweep_was_tracked() -> None:
    from swatch.sweep.opening.opening import reopen_sweep

    run(SWEEP, train, count=1, name="mine", tracking="disabled")
    asked = {None: "disabled", "offline": "offline"}
    modes = {tracking: reopen_sweep("mine", count=2, tracking=tracking).sweep.options for tracking in asked}
    assert {tracking: options["tracking"]["mode"] for tracking, options in modes.items()} == asked


def test_fewer_trials_than_it_has_begun_are_refused() -> None:
    def press(parameters: dict[str, Any], trial: Any) -> float:
        if trial.number == 2:
            raise KeyboardInterrupt
        return parameters["x"]

    with pytest.raises(KeyboardInterrupt):
        run(SWEEP, press, count=5, name="mine", tracking="disabled")
    with pytest.raises(UserError, match=r"sweep mine has begun 3 trials already, more than 2; .*: --count 3"):
        run(SWEEP, press, count=2, name="mine", tracking="disabled")


def test_the_display_of_a_sweep_in_this_process_outlives_a_ledger_in_trouble(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from swatch.sweep.controller import running
    from swatch.sweep.ledger.database import LedgerError

    monkeypatch.setattr(running, "SHOW_SECONDS", 0.05)
    shows, troubles = running.Watcher._show, []

    def show(self: running.Watcher) -> None:
        if threading.current_thread() is not threading.main_thread() and not troubles:
            troubles.append(1)
            raise LedgerError("locked for too long")
        shows(self)

    monkeypatch.setattr(running.Watcher, "_show", show)

    def slowly(parameters: dict[str, Any]) -> float:
        time.sleep(0.2)
        return parameters["x"]

    assert len(run(SWEEP, slowly, count=1, tracking="disabled").trials) == 1
    assert troubles and "Traceback" not in capsys.readouterr().err


def test_agents_of_their_own_need_a_function_that_they_can_import() -> None:
    with pytest.raises(UserError, match="agents=2: another process cannot import"):
        run(SWEEP, lambda parameters: 0.5, count=2, agents=2, tracking="disabled")


@pytest.mark.parametrize("agents", [1, 2])
def test_a_script_that_sweeps_when_it_is_imported_is_told_so(tmp_path: Path, agents: int) -> None:
    (tmp_path / "mine.py").write_text(
        "import swatch.sweep\ndef train(parameters):\n    return 1.0\n"
        f"swatch.sweep.run({SWEEP!r}, train, count=1, agents={agents}, tracking='disabled')\n"
    )
    with pytest.raises(UserError, match=r"mine\.py failed: swatch\.sweep\.run is called when .* `if __"):
        load_function("mine.py:train")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ({**SWEEP, "metric": None}, "a sweep of a function needs a metric"),
        ({**SWEEP, "method": "guess"}, "guess"),
        ("no/such.yaml", "there is no sweep YAML at no/such.yaml"),
        ({**SWEEP, "parameters": {"x": {"values": [object()]}}}, "something that YAML cannot"),
    ],
)
def test_bad_sweeps_leave_nothing_behind(tmp_path: Path, sweep: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        run(sweep, train, count=1, tracking="disabled")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "count=0: it must be a whole number of at least 1"),
        ({"count": "3"}, "count='3': it must be a whole number"),
        ({"count": True}, "count=True: it must be a whole number"),
        ({"agents": 0}, "agents=0: it must be a whole number of at least 1"),
        ({"agents": 1.5}, "agents=1.5: it must be a whole number"),
        ({"seed": -1}, "seed=-1: it must be a whole number of at least 0"),
        ({"retries": -1}, "retries=-1: it must be"),
        ({"max_consecutive_failures": -1}, "max_consecutive_failures=-1: it must be"),
        ({"repeats": 0}, "repeats=0: it must be a whole number of at least 1"),
        ({"prior": "nothing.csv"}, "--prior nothing.csv: there is no file"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_said_in_one_line(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        run(SWEEP, train, **{"count": 1, "tracking": "disabled", **arguments})
    assert not (tmp_path / "runs").exists()


def test_a_numpy_number_of_trials_is_a_number() -> None:
    import numpy as np

    assert len(run(SWEEP, train, count=np.int64(2), tracking="disabled").trials) == 2


def test_a_sweep_that_is_stopped_before_its_first_trial_has_no_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from swatch.sweep.controller.orders import give_order
    from swatch.sweep.controller.running import Watcher

    def stop_it(self: Watcher) -> Watcher:
        give_order("stop", "mine", None)
        return self

    monkeypatch.setattr(Watcher, "__enter__", stop_it)
    monkeypatch.setattr(Watcher, "__exit__", lambda *_: None)
    with pytest.raises(RunFailed, match="sweep mine was stopped before a trial had a result"):
        run(SWEEP, train, count=1, name="mine", tracking="disabled")


SCRIPT = """
from swatch.sweep import run

def train(parameters, trial):
    trial.report({"loss": parameters["x"]})

if __name__ == "__main__":
    sweep = {"method": "random", "metric": {"name": "loss", "goal": "minimize"},
             "parameters": {"x": {"min": 0.0, "max": 1.0}}}
    result = run(sweep, train, count=6, agents=2, tracking="disabled")
    print("done", len(result.trials), len({trial.agent for trial in result.trials}))
"""


def test_a_script_may_use_several_agents(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "mine.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("done 6 ")


def test_importing_run_costs_nothing() -> None:
    program = (
        "import sys; from swatch.sweep import run; "
        "heavy = {'numpy', 'optuna', 'sqlalchemy', 'hydra', 'wandb', 'yaml', 'rich'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "stop_gain", "reason"),
    [
        ({"metric": {"name": "loss", "goal": "minimize", "target": 1.0}}, None, "trial 0 reached the target"),
        ({"method": "bayes"}, 1e3, "the model expects less of another trial than --stop-gain asks for"),
    ],
    ids=["target", "stop gain"],
)
def test_a_sweep_that_ends_early_says_why(
    change: dict[str, Any], stop_gain: float | None, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run({**SWEEP, **change}, train, count=30, stop_gain=stop_gain, tracking="disabled")
    over = len(result.trials)
    assert over < 30
    assert f"sweep {result.sweep.id} ended after {over} of 30 trials: {reason}" in capsys.readouterr().err
