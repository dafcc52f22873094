"""What goes wrong around a sweep: a metric that nobody logs, a ledger in trouble, a changed surrounding."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sweep_cases import make_sweep, open_ledger, parabola, trials_of, work

from swatch.errors import UserError
from swatch.sweep import SweepResult, run
from swatch.sweep.agent.cancellation import CancellationWatch
from swatch.sweep.ledger import database
from swatch.sweep.ledger.database import LedgerError
from swatch.sweep.ledger.liveness import LivenessWatch

SWEEP: dict[str, Any] = {
    "method": "random",
    "metric": {"name": "accuracy", "goal": "maximize"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
}


def test_the_first_epoch_without_the_metric_is_noticed_and_the_first_trial_ends_the_sweep(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told_while_training = []

    def train(parameters: dict[str, Any], trial: Any) -> None:
        trial.report({"acuracy": 0.5})
        time.sleep(0.8)
        told_while_training.append("has begun without 'accuracy'" in capsys.readouterr().err)
        trial.report({"acuracy": 0.6})

    with pytest.raises(
        UserError, match=r"trial 0 of sweep .* never logged 'accuracy' .* Did you mean 'acuracy'"
    ):
        run(SWEEP, train, count=5, tracking="disabled")
    assert told_while_training == [True]


def sweep_of_file(folder: Path, text: str, count: int = 2, **options: Any) -> SweepResult:
    from swatch.sweep.agent.loading import load_function

    (folder / "mine.py").write_text(text)
    return run(SWEEP, load_function(f"{folder}/mine.py:train"), count=count, tracking="disabled", **options)


def test_changed_code_is_warned_of_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "def train(parameters):\n    if parameters['x'] > {}:\n        raise KeyboardInterrupt\n"
    for limit in (-1, -1):
        with pytest.raises(KeyboardInterrupt):
            sweep_of_file(tmp_path, text.format(limit), name="mine")
        assert "has changed" not in capsys.readouterr().err
    with pytest.raises(KeyboardInterrupt):
        sweep_of_file(tmp_path, text.format(-2), name="mine")
    assert (
        "the code that trains has changed since sweep mine was last started: trials before and after may not "
        "compare" in capsys.readouterr().err
    )
    with pytest.raises(KeyboardInterrupt):
        sweep_of_file(tmp_path, text.format(-2), name="mine")
    assert "has changed" not in capsys.readouterr().err


def test_changed_data_and_configs_are_noticed(slice_folder: Path, tmp_path: Path) -> None:
    from swatch.sweep.opening.fingerprint import changes_since, fingerprint
    from swatch.sweep.opening.preparing import SweepRequest, prepare

    text = (
        "method: grid\nmetric: {name: val/accuracy, goal: maximize}\n"
        "parameters: {optimizer: {values: [adam, mine]}}\n"
    )
    own = tmp_path / "conf" / "optimizer"
    own.mkdir(parents=True)
    source = "_target_: swatch.optim.SGD\nlearning_rate: 0.1\nweight_decay: 0.0\n"
    (own / "mine.yaml").write_text(source)
    other = tmp_path / "other"
    shutil.copytree(slice_folder, other)
    labels = next(path for path in other.iterdir() if path.name.startswith("train-labels"))
    labels.write_bytes(labels.read_bytes()[:-1] + b"\x03")

    def now(folder: Path) -> dict[str, str]:
        overrides = (f"data.folder={folder}", "data.checksums=null", "tracking.mode=disabled")
        return fingerprint(prepare(SweepRequest(text=text, source="s.yaml", overrides=overrides)))

    before = now(slice_folder)
    assert now(slice_folder) == before and set(before) == {"code", "config", "data"}
    (own / "mine.yaml").write_text(source.replace("0.1", "0.2"))
    (told,) = changes_since(before, now(slice_folder), "s")
    assert told.startswith("the config files have changed since sweep s was last started: ")
    (own / "mine.yaml").write_text(source)
    (told,) = changes_since(before, now(other), "s")
    assert told.startswith("the data has changed since sweep s was last started: ")


def test_a_locked_ledger_is_waited_for(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=1)
    holder = sqlite3.connect(tmp_path / "study.db", isolation_level=None, check_same_thread=False)

    def held(trial: Any) -> Any:
        import threading

        holder.execute("BEGIN IMMEDIATE")
        threading.Timer(0.5, lambda: holder.execute("ROLLBACK")).start()
        return parabola(trial)

    work(tmp_path, held)
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"]


def test_a_ledger_that_stays_locked_ends_the_sweep_and_keeps_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    make_sweep(tmp_path, count=3)
    holder = sqlite3.connect(tmp_path / "study.db", isolation_level=None)

    def lock_in_the_second(trial: Any) -> Any:
        if trial.number == 1:
            holder.execute("BEGIN IMMEDIATE")
        return parabola(trial)

    with pytest.raises(LedgerError, match=r"database is locked\. Everything written before is kept\."):
        work(tmp_path, lock_in_the_second)
    holder.execute("ROLLBACK")
    work_on = trials_of(tmp_path)
    assert [trial.state.value for trial in work_on] == ["finished", "running"]
    (dead,) = open_ledger(tmp_path).processes("s")
    open_ledger(tmp_path).goodbye("s", dead.id, "died")
    work(tmp_path, parabola)
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


def test_a_damaged_ledger_is_said_in_one_line_and_left_alone(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=1)
    work(tmp_path, parabola)
    with closing(sqlite3.connect(tmp_path / "study.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = tmp_path / "study.db"
    data = bytearray(path.read_bytes())
    data[4096:] = b"\x5a" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"the ledger .*study\.db cannot be used: .*malformed") as caught:
        open_ledger(tmp_path).trials("s")
    assert "\n" not in str(caught.value)
    assert "Everything written before is kept" not in str(caught.value), "nobody knows that of a damaged file"
    assert path.read_bytes()[4096:] == bytes(data)[4096:]


def test_an_agent_that_joined_leaves_when_the_controller_has_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from swatch.sweep.agent import cancellation

    monkeypatch.setattr(cancellation, "CONTROLLER_SECONDS", 0.0)
    make_sweep(tmp_path)
    ledger = open_ledger(tmp_path)
    own = ledger.register("s", "controller")
    ledger.take_control("s", own, None)
    told: list[float] = []
    with CancellationWatch(ledger, "s", lambda: told.append(time.monotonic())):
        time.sleep(1.2)
        assert told == []
        monkeypatch.setattr(LivenessWatch, "dead", lambda self, processes: list(processes))
        time.sleep(1.2)
    assert len(told) == 1


def test_a_clock_that_was_set_back_gives_no_negative_times(tmp_path: Path) -> None:
    from dataclasses import replace
    from datetime import timedelta

    make_sweep(tmp_path, count=1)
    work(tmp_path, parabola)
    (trial,) = trials_of(tmp_path)
    assert trial.started is not None
    assert replace(trial, ended=trial.started - timedelta(hours=1)).seconds == 0.0


def test_a_raised_run_cap_counts_when_the_sweep_goes_on() -> None:
    calls = []

    def train(parameters: dict[str, Any]) -> float:
        calls.append(parameters["x"])
        if len(calls) == 1:
            raise KeyboardInterrupt
        return 0.5

    with pytest.raises(KeyboardInterrupt):
        run({**SWEEP, "run_cap": 2}, train, name="mine", tracking="disabled")
    result = run({**SWEEP, "run_cap": 3}, train, name="mine", tracking="disabled")
    assert (result.sweep.id, len(result.trials), result.sweep.count) == ("mine", 3, 3)


def test_failures_are_said_in_the_end_with_the_way_to_the_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def train(parameters: dict[str, Any], trial: Any) -> float:
        if trial.number > 0:
            raise OSError("no such part")
        return 0.5

    result = run(SWEEP, train, count=3, tracking="disabled")
    last = capsys.readouterr().err.splitlines()[-1]
    traceback = f"runs/{result.trials[2].run_id}/traceback.txt"
    assert last == f"2 trials of 3 failed. Trial 2: OSError: no such part; see {traceback}"
    assert "no such part" in Path(traceback).read_text()
