"""``swatch sweep --engine wandb`` end to end: W&B's protocol, warm workers, the real network."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from wandb_engine_cases import (
    GRID,
    engine_command,
    finish,
    members,
    press_ctrl_c,
    run,
    started,
    swatch_sweep,
    training,
    wait_for,
    write_project,
)

from swatch import cli
from wandb_server import WandbServer

# Far from their end when something happens to them.
LONG = ("epochs=100000",)


@pytest.fixture
def server() -> Iterator[WandbServer]:
    with WandbServer() as server:
        yield server


@pytest.fixture(autouse=True)
def project(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "small.yaml").write_text(GRID)


def folder_of(tmp_path: Path, server: WandbServer) -> Path:
    [sweep_id] = server.sweeps
    return tmp_path / "runs" / "sweeps" / sweep_id


def trials(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "trials.csv").open()))


def test_a_sweep_from_its_registration_to_its_results(tmp_path: Path, server: WandbServer) -> None:
    done = swatch_sweep(server, "small.yaml", "epochs=3", agents=2)
    assert done.returncode == 0, done.stderr
    [sweep] = server.sweeps.values()
    assert sweep.config == yaml.safe_load(GRID), "the server has the YAML as it stands"

    runs = members(server)
    assert [run.state for run in runs] == ["finished"] * 4
    points = {(run.config["optimizer"]["_target_"], run.config["optimizer"]["learning_rate"]) for run in runs}
    assert len(points) == 4
    for each in runs:
        assert each.config["epochs"] == 3, "the command line decides about the YAML's constants"
        assert each.config["model"]["hidden_sizes"] == [16]
        assert [row["epoch"] for row in each.history] == [1, 2, 3]
        assert not any("." in key for key in each.config), "nothing is there a second time, dotted"
        stored = yaml.safe_load((tmp_path / "runs" / each.id / "config.yaml").read_text())
        assert stored == each.config
    momenta = [run.config["optimizer"].get("momentum") for run in runs]
    assert sorted(momenta, key=str) == [0.5, 0.5, None, None]

    folder = folder_of(tmp_path, server)
    rows = trials(folder)
    assert {row["run_id"] for row in rows} == {run.id for run in runs}
    assert {row["state"] for row in rows} == {"finished"}
    best = yaml.safe_load((folder / "best.yaml").read_text())
    assert best["metric"]["value"] == max(float(row["objective"]) for row in rows)
    assert set(best["parameters"]) <= {"optimizer", "optimizer.momentum", "optimizer.learning_rate"}
    assert "<html" in (folder / "report.html").read_text()
    assert f"{server.url}/someone/swatch/runs/{best['run']}" in done.stdout
    assert f"{server.url}/someone/swatch/sweeps/{sweep.id}" in done.stdout
    assert "set aside, as what is chosen has no such key: optimizer.momentum=0.5" in "".join(
        path.read_text() for path in (folder / "agents").iterdir()
    )
    assert server.unexpected == [] or set(server.unexpected) == {"GET /healthz"}

    # The command that was printed repeats the best run to the last bit.
    [printed] = [
        line.strip() for line in done.stdout.splitlines() if line.strip().startswith("swatch train ")
    ]
    again = run(None, *shlex.split(printed), "run.id=again", "tracking.mode=disabled")
    assert again.returncode == 0, again.stderr
    one, two = ((tmp_path / "runs" / name / "model.npz").read_bytes() for name in (best["run"], "again"))
    assert one == two


@pytest.mark.slow
def test_ctrl_c_then_resume_finishes_what_was_begun(tmp_path: Path, server: WandbServer) -> None:
    with started(server, engine_command("small.yaml", *LONG)) as process:
        wait_for(lambda: training(server), "a run", process)
        press_ctrl_c(process)
        code, _, err = finish(process)
    assert code == 130, err
    [first] = members(server)
    assert (first.state, first.exit_code) == ("failed", 130), "as W&B calls runs with an exit code"
    [sweep] = server.sweeps.values()
    assert sweep.state == "RUNNING"
    path = f"someone/swatch/{sweep.id}"
    assert f"swatch sweep --engine wandb --resume {path}" in err
    assert "wandb agent" not in err, "it knows nothing of the overrides"
    epoch = first.history[-1]["epoch"]

    # It goes on from where it was, with the overrides that this folder remembers.
    kept = json.loads((folder_of(tmp_path, server) / "wandb.json").read_text())["overrides"]
    assert kept == list(LONG)
    with started(server, engine_command("--resume", path, "--count", "1")) as process:
        wait_for(
            lambda: first.starts == 2 and first.history and first.history[-1]["epoch"] > epoch,
            "it to go on",
            process,
        )
        server.stop_run(first.id)
        code, _, err = finish(process)
    assert code == 0, err
    assert "goes on after 1 run here" in err
    assert members(server) == [first], "one was asked for in all"
    assert first.state == "finished"
    [row] = trials(folder_of(tmp_path, server))
    assert (row["state"], row["attempts"]) == ("stopped", "2")
    epochs = [row["epoch"] for row in first.history]
    assert epochs == list(range(1, len(epochs) + 1)), "every epoch once"


@pytest.mark.slow
def test_a_dead_worker_is_replaced_and_its_run_goes_on(tmp_path: Path, server: WandbServer) -> None:
    with started(server, engine_command("small.yaml", "--count", "1", *LONG)) as process:
        wait_for(lambda: training(server), "a run", process)
        [killed] = workers_of(process.pid)
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: members(server)[0].starts == 2, "the run to go on")
        [alive] = workers_of(process.pid)
        assert alive != killed
        server.stop_run(members(server)[0].id)
        code, _, err = finish(process)
    assert code == 0, err
    assert "agent-1's worker died (killed by SIGKILL); another takes its place" in err
    [row] = trials(folder_of(tmp_path, server))
    assert (row["state"], row["attempts"]) == ("stopped", "2")


def workers_of(pid: int) -> list[int]:
    """Return the living workers of a controller."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
            parent = int((path.parent / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid and b"swatch.sweep.wandb_engine" in words:
            found.append(int(path.parent.name))
    return found


@pytest.mark.slow
def test_the_workers_go_when_their_controller_is_killed(server: WandbServer) -> None:
    with started(server, engine_command("small.yaml", *LONG, agents=2)) as process:
        wait_for(lambda: len(training(server)) == 2, "two runs", process)
        workers = workers_of(process.pid)
        assert len(workers) == 2
        process.kill()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "their end")
    wait_for(lambda: {run.exit_code for run in members(server)} == {130}, "the server to hear of it")


@pytest.mark.slow
def test_a_canceled_sweep_ends_its_runs(tmp_path: Path, server: WandbServer) -> None:
    with started(server, engine_command("small.yaml", *LONG, agents=2)) as process:
        wait_for(lambda: len(training(server)) == 2, "two runs", process)
        server.cancel_sweep(*server.sweeps)
        code, _, err = finish(process)
    assert code == 0, err
    assert {row["state"] for row in trials(folder_of(tmp_path, server))} == {"stopped"}
    assert [run.state for run in members(server)] == ["finished", "finished"]


@pytest.mark.slow
def test_a_server_that_goes_and_comes_back_is_waited_for(tmp_path: Path, server: WandbServer) -> None:
    with started(server, engine_command("small.yaml", "--count", "2", *LONG)) as process:
        wait_for(lambda: training(server), "a run", process)
        server.stop()
        lines = [process.stderr.readline()]
        while "the agents keep asking" not in lines[-1]:
            lines.append(process.stderr.readline())
            assert lines[-1], lines
        server.start()
        server.stop_run(members(server)[0].id)
        wait_for(lambda: len(training(server)) == 2, "the next run", process)
        server.stop_run(members(server)[1].id)
        code, _, err = finish(process)
    assert code == 0, err
    assert "W&B's server answers again" in err
    assert "keep asking" not in err, "it was told once"
    assert [row["state"] for row in trials(folder_of(tmp_path, server))] == ["stopped", "stopped"]


@pytest.mark.slow
def test_every_run_failing_is_a_failure(tmp_path: Path, server: WandbServer) -> None:
    (tmp_path / "small.yaml").write_text(
        GRID.replace("[0.001, 0.01]", "[1.0e+30]").replace("adam, momentum", "momentum")
    )
    done = swatch_sweep(server, "small.yaml")
    assert done.returncode == 1
    assert "swatch: the only run of sweep someone/swatch/" in done.stderr
    assert "failed: diverged" in done.stderr
    assert [run.state for run in members(server)] == ["failed"]
    assert members(server)[0].exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["small.yaml", "--name", "x"], "--name does not go with --engine wandb: W&B's server makes"),
        (["small.yaml", "--seed", "0"], "--seed does not go with --engine wandb"),
        (["small.yaml", "--storage", "sqlite:///x"], "--storage does not go with --engine wandb"),
        (["small.yaml", "--function", "a:b"], "--function does not go with --engine wandb"),
        (["small.yaml", "--launcher", "slurm"], "--launcher does not go with --engine wandb"),
        (["small.yaml", "launcher=slurm"], "launcher=slurm goes with our own engine"),
        (["--resume", "abc"], "write ENTITY/PROJECT/ID"),
        (["--resume", "someone/swatch/abc"], "has no sweep someone/swatch/abc"),
        ([], "which sweep?"),
        (["epochs=3"], "'epochs=3' stands where the sweep YAML belongs"),
        (["small.yaml", "optimizer.learning_rate=1"], "W&B's server sweeps optimizer.learning_rate, so"),
        (["small.yaml", "epochs=zero"], "epochs"),
        (["small.yaml", "tracking.mode=offline"], "needs W&B's server, but tracking.mode is offline"),
        (["small.yaml", "--tracking", "disabled"], "needs W&B's server, but tracking.mode is disabled"),
        (["custom.yaml"], "custom.yaml:2: method: W&B's server searches by grid, random or bayes"),
        (["typo.yaml"], "typo.yaml"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_before_the_server_hears_of_it(
    tmp_path: Path,
    server: WandbServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    (tmp_path / "typo.yaml").write_text(GRID.replace("optimizer.momentum", "optimizer.momentun"))
    scheduler = "scheduler: {engine: optuna, source: scripts/swatch_scheduler.py, optimizer: bayes}"
    (tmp_path / "custom.yaml").write_text(
        f"\nmethod: custom\n{scheduler}\n{GRID.replace('method: grid', '')}"
    )
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    assert cli.run(["sweep", "--engine", "wandb", *arguments]) == 2
    message = capsys.readouterr().err
    assert said in message
    assert len(message.splitlines()) == 1
    assert server.sweeps == {}
    assert not (tmp_path / "runs").exists()


def test_without_a_server_or_a_key_it_says_so(
    server: WandbServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    assert cli.run(["sweep", "--engine", "wandb", "small.yaml"]) == 2
    assert "--engine wandb needs W&B's server, but no API key is configured" in capsys.readouterr().err
    monkeypatch.setenv("WANDB_API_KEY", server.key)
    server.fail(status=403, where="UpsertSweep")
    assert cli.run(["sweep", "--engine", "wandb", "small.yaml"]) == 2
    message = capsys.readouterr().err
    assert "the sweep cannot be registered" in message and "403" in message
    assert server.key not in message
