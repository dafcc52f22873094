"""``swatch sweep`` end to end: the real network on a slice of the real data."""

from __future__ import annotations

import csv
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

SWEEP = """
# Three small networks.
name: tiny
method: random
run_cap: 3
metric: {name: val/accuracy, goal: maximize}
parameters:
  epochs: {value: 2}
  optimizer: {values: [adam, sgd]}
  optimizer.learning_rate: {distribution: log_uniform_values, min: 0.001, max: 0.01}
  model.hidden_sizes: {values: [[16], [16, 16]]}
"""


def swatch(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "swatch", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def sweep_file(tmp_path: Path) -> str:
    (tmp_path / "tiny.yaml").write_text(SWEEP)
    return "tiny.yaml"


def test_a_sweep_of_the_network_from_the_command_to_its_results(
    tmp_path: Path, sweep_file: str, slice_overrides: list[str]
) -> None:
    done = swatch("sweep", sweep_file, "--agents", "2", "--name", "t", *slice_overrides)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "sweeps" / "t"
    assert (folder / "sweep.yaml").read_text() == SWEEP
    assert "<html" in (folder / "report.html").read_text()

    rows = list(csv.DictReader((folder / "trials.csv").open()))
    assert [row["trial"] for row in rows] == ["0", "1", "2"]
    assert {row["state"] for row in rows} == {"finished"}
    best = yaml.safe_load((folder / "best.yaml").read_text())
    winner = max(rows, key=lambda row: (float(row["objective"]), -int(row["trial"])))
    assert (str(best["trial"]), best["metric"]["value"]) == (winner["trial"], float(winner["objective"]))
    assert "epochs=2" in best["overrides"], "the YAML's constants belong to the configuration"

    for row in rows:
        run = tmp_path / "runs" / row["run_id"]
        config = yaml.safe_load((run / "config.yaml").read_text())
        assert config["optimizer"]["learning_rate"] == float(row["optimizer.learning_rate"])
        assert config["epochs"] == 2
        assert {"history.jsonl", "summary.json", "model.npz", "confusion_matrix.json"} <= {
            path.name for path in run.iterdir()
        }

    # The command that was printed repeats the best trial to the last bit.
    (printed,) = [
        line.strip() for line in done.stdout.splitlines() if line.strip().startswith("swatch train ")
    ]
    assert printed == best["command"]
    again = swatch(*shlex.split(printed)[1:], "run.id=again")
    assert again.returncode == 0, again.stderr
    one, two = (
        [_without_times(line) for line in (tmp_path / "runs" / run / "history.jsonl").open()]
        for run in (best["run"], "again")
    )
    assert one == two

    shown = swatch("best", "t", "--top", "2")
    assert shown.returncode == 0
    assert printed in shown.stdout and "the best 2 of 3" in shown.stdout
    status = swatch("sweep", "--status", "t")
    assert status.returncode == 0 and "sweep t is finished: 3 of 3 done" in status.stdout


def _without_times(line: str) -> dict[str, float]:
    import json

    return {
        k: v for k, v in json.loads(line).items() if k not in ("seconds", "samples_per_second", "timestamp")
    }


def test_ctrl_c_then_resume_trains_nothing_twice(
    tmp_path: Path, sweep_file: str, slice_overrides: list[str]
) -> None:
    from swatch.errors import UserError
    from swatch.sweep.ledger import Ledger, sqlite_url

    arguments = [sweep_file, "--agents", "1", "--count", "2", "--name", "t"]
    long = [*slice_overrides, "epochs=80", "model.hidden_sizes=[64]"]
    process = subprocess.Popen(
        [sys.executable, "-m", "swatch", "sweep", *arguments, *long],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def epochs() -> int:
        try:
            trials = Ledger(sqlite_url(tmp_path / "runs/sweeps/t/study.db")).trials("t")
        except UserError:
            return 0
        return len(trials[0].history) if trials else 0

    try:
        while epochs() < 3:
            assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert err.splitlines()[-1].endswith("the same command goes on, or: swatch sweep --resume t")
    (before,) = Ledger(sqlite_url(tmp_path / "runs/sweeps/t/study.db")).trials("t")
    assert before.state == "waiting" and 3 <= len(before.history) < 80
    assert (tmp_path / "runs" / before.run_id / "checkpoint.npz").exists()

    done = swatch("sweep", "--resume", "t", "--agents", "1", "--tracking", "disabled")
    assert done.returncode == 0, done.stderr
    trials = Ledger(sqlite_url(tmp_path / "runs/sweeps/t/study.db")).trials("t")
    assert [(t.number, t.state.value, t.attempts) for t in trials] == [(0, "finished", 2), (1, "finished", 1)]
    after = trials[0]
    assert after.run_id == before.run_id
    assert [record["epoch"] for record in after.history] == list(range(1, 81))
    assert after.history[: len(before.history)] == before.history, "the epochs before were not trained again"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.yaml"], "there is no sweep YAML at nothing.yaml"),
        (["tinny.yaml"], "Did you mean 'tiny.yaml'"),
        ([], "which sweep?"),
        (["epochs=3"], "stands where the sweep YAML belongs"),
        (["tiny.yaml", "optimzer=sgd"], "optimzer"),
        (["tiny.yaml", "--name", "a/b"], "--name 'a/b'"),
        (["tiny.yaml", "--storage", "study.db"], "is not a database URL"),
        (["tiny.yaml", "--tracking", "onlin"], "onlin"),
        (["tiny.yaml", "--agents", "0"], "0"),
        (["tiny.yaml", "launcher.agents=0"], "launcher.agents must be a whole number of at least 1"),
        (["quik"], "Did you mean 'quick.yaml'"),
        (["tiny.yaml", "--function", "no_such:train"], "there is no module 'no_such'"),
        (["tiny.yaml", "--function", "x:train", "epochs=3"], "Hydra overrides belong to the network"),
        (["tiny.yaml", "--function", "x:train", "tracking.mode=online"], "there is --tracking online."),
        (["--resume", "nothing"], "there is no sweep 'nothing'"),
        (["--resume", "x", "tiny.yaml"], "--resume takes a sweep's id"),
        (["--status", "nothing"], "there is no sweep 'nothing'"),
        (["bad_key.yaml"], "Did you mean 'optimizer.learning_rate'"),
        (["bad_metric.yaml"], "val/acuracy"),
        (["empty.yaml"], "empty.yaml is empty"),
    ],
)
def test_bad_input_is_one_line_and_starts_nothing(
    tmp_path: Path, sweep_file: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from swatch.cli import run

    (tmp_path / "bad_key.yaml").write_text(SWEEP.replace("learning_rate", "learning_rte"))
    (tmp_path / "bad_metric.yaml").write_text(SWEEP.replace("val/accuracy", "val/acuracy"))
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    before = {path.name for path in tmp_path.iterdir()}
    assert run(["sweep", *arguments]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert len(shown.err.splitlines()) == 1 and shown.out == ""
    assert {path.name for path in tmp_path.iterdir()} == before, "something was written"


def test_a_batch_larger_than_the_data_is_refused_before_anything_starts(
    tmp_path: Path, slice_overrides: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from swatch.cli import run

    (tmp_path / "large.yaml").write_text(SWEEP + "  batch_size: {values: [64, 5000]}\n")
    for arguments, place in (
        ([], "large.yaml:12: parameters.batch_size.values.1: "),
        (["batch_size=5000"], ""),
    ):
        assert run(["sweep", "large.yaml", *arguments, *slice_overrides]) == 2
        message = f"swatch: {place}batch_size is 5,000, but the training part has only 1,800 images"
        assert capsys.readouterr().err.startswith(message)
    assert not (tmp_path / "runs").exists()


def test_status_lists_the_sweeps(tmp_path: Path, sweep_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    from swatch.cli import run
    from swatch.sweep import run as sweep

    sweep(
        {"method": "random", "metric": {"name": "loss"}, "parameters": {"x": {"min": 0.0, "max": 1.0}}},
        lambda parameters: parameters["x"],
        count=2,
        name="mine",
        tracking="disabled",
    )
    damaged = tmp_path / "runs" / "sweeps" / "damaged"
    damaged.mkdir()
    (damaged / "study.db").write_bytes(b"not a database" * 100)
    capsys.readouterr()
    assert run(["sweep", "--status"]) == 0
    shown = capsys.readouterr().out
    assert "mine" in shown and "2 of 2" in shown
    assert "file is not a database" in shown, "one damaged ledger must not hide the others"


@pytest.mark.parametrize("name", ["sweeps/grid.yaml", "grid.yaml", "grid"])
def test_a_shipped_sweep_is_found_from_any_folder(name: str, tmp_path: Path, repository: Path) -> None:
    from swatch.sweep.opening.yaml_text import read_sweep_text

    text, source = read_sweep_text(name)
    assert source == str(repository / "sweeps" / "grid.yaml")
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "grid.yaml").write_text("method: random\n")
    own, _ = read_sweep_text("sweeps/grid.yaml")
    assert own == "method: random\n" != text, "the user's own file goes before ours"
