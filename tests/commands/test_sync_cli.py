"""``swatch sync`` as it is typed: what it sends, says and exits with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from sync_cases import api_runs, history_of, rows_of, serving, summary_of, sweep_offline

from swatch.cli import run
from wandb_server import KEY

NETWORK = """
method: grid
metric: {name: val/accuracy, goal: maximize}
parameters:
  optimizer: {values: [adam, sgd]}
  model.hidden_sizes: {value: [8]}
  run.tags: {value: [air-gapped]}
  epochs: {value: 2}
"""


def test_a_network_sweep_is_whole_on_the_server(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    slice_overrides: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "sweep.yaml").write_text(NETWORK)
    overrides = [text for text in slice_overrides if not text.startswith("tracking.")]
    options = ["--name", "n", "--agents", "1", "--tracking", "offline"]
    assert run(["sweep", "sweep.yaml", *options, *overrides]) == 0
    home = tmp_path / "runs"
    names = sorted(path.name for path in home.glob("n-*"))
    with serving(monkeypatch) as server:
        capfd.readouterr()
        assert run(["sync", "n"]) == 0
        said = capfd.readouterr().out
        assert "sent 2 rows, confusion matrix, 50 images; finished" in said
        (sweep,) = server.sweeps.values()
        assert sweep.state == "FINISHED" and said.rstrip().endswith(f"/sweeps/{sweep.id}")
        found = api_runs(server)
        assert sorted(found) == names
        for name, one in found.items():
            own = summary_of(home / name)
            assert one.config == yaml.safe_load((home / name / "config.yaml").read_text())
            assert (one.name, one.job_type, one.tags) == (own["name"], "train", ["air-gapped"])
            assert (one.state, one.sweep.id) == ("finished", sweep.id)
            rows = [{key: row[key] for key in row if "/confusion" not in key} for row in rows_of(one)]
            tables = [rows[-1].pop(f"val/{table}")["nrows"] for table in ("per_class", "samples")]
            assert rows == history_of(home / name) and tables == [10, 50]
            assert one.summary["val/accuracy"] == own["best"]["val/accuracy"]
            assert dict(one.summary["macro_average"]) == own["macro_average"]
            assert one.summary["parameters"] == own["parameters"]
            kinds = {artifact.type for artifact in one.logged_artifacts()}
            assert "model" not in kinds, "a sweep's models stay here unless they are asked for"
        # Not even W&B's own command sends them a second time, outside of the sweep.
        kept = [path for name in names for path in (home / name).glob("wandb/offline-run-*/*.wandb")]
        assert len(kept) == 2 and all(path.with_name(f"{path.name}.synced").exists() for path in kept)


def test_a_single_run_goes_with_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slice_overrides: list[str]
) -> None:
    small = ["epochs=1", "model.hidden_sizes=[8]", "run.id=alone", "training.progress=false"]
    assert run(["train", *slice_overrides, *small, "tracking.project=mine"]) == 0
    with serving(monkeypatch) as server:
        assert run(["sync", "runs/alone"]) == 0
        one = server.runs["alone"]
        assert (one.project, one.state, one.sweep, len(one.history)) == ("mine", "finished", None, 1)
        assert (
            server.file_of("model-alone:v0", "model.npz") == (tmp_path / "runs/alone/model.npz").read_bytes()
        )


def test_ctrl_c_leaves_what_the_same_command_completes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = sweep_offline(tmp_path / "runs")
    with serving(monkeypatch) as server:
        slow = server.slow(0.3, where="file_stream")
        command = [sys.executable, "-m", "swatch", "sync", "s", "--jobs", "1"]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        server.wait(lambda: any(request.path.endswith("/file_stream") for request in server.requests), 60)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert "1 sent" in out and f"{len(trials) - 1} not sent" in out
        assert "the same command sends the rest" in err and "Traceback" not in err
        server.heal(slow)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert f"{len(trials) - 1} sent" in done.stdout and "1 already there" in done.stdout
        assert len(server.runs) == len(trials) and len(server.sweeps) == 1
        assert all(
            rows_of(one) == history_of(tmp_path / "runs" / name) for name, one in api_runs(server).items()
        )
        assert [sweep.state for sweep in server.sweeps.values()] == ["FINISHED"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ss"], "there is no sweep or run 'ss' in {runs}. Did you mean 's'?"),
        (["s-000-"], "Did you mean 's-000-"),
        (["s", "--from", "nowhere"], "--from nowhere: there is no such folder"),
        (["s", "--project", "a/b"], "--project 'a/b'"),
        (["s", "--storage", "sqlite:///none.db"], "there is no ledger at"),
    ],
)
def test_what_cannot_be_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    sweep_offline(tmp_path / "runs")
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    capsys.readouterr()
    assert run(["sync", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert message.format(runs=tmp_path / "runs") in line


def test_no_key_no_server_no_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep_offline(tmp_path / "runs")
    monkeypatch.setenv("WANDB_BASE_URL", "http://localhost:1")
    errors = []

    def fails() -> None:
        assert run(["sync", "s"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        errors.append(line)

    fails()
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    fails()
    with serving(monkeypatch) as server:
        server.revoke_key()
        fails()
        server.heal()
        server.fail(status=403, where="upsertSweep")
        fails()
        assert server.runs == {}
    wanted = ("no API key is configured", "does not answer", "HTTP 401", "HTTP 403")
    assert all(what in line for what, line in zip(wanted, errors, strict=True)), errors
    assert not any(KEY in line for line in errors)
