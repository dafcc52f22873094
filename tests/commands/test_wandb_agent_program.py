"""scripts/train.py, as `wandb agent` starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import yaml

from swatch import cli
from swatch.compose import Composition
from swatch.tracking.registration import register
from swatch.training.outcome import RunResult
from wandb_server import WandbServer


class Recorder:
    """Stands in for the training: remembers what it was asked to train, and ends as told."""

    def __init__(self) -> None:
        self.status = "finished"

    def train(self, composition: Composition, **options: Any) -> RunResult:
        self.composition, self.options = composition, options
        self.variables = {name for name in os.environ if name.startswith("WANDB_")}
        return RunResult("some-run", Path("runs/some-run"), self.status, "told so", {}, [])


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    stand_in = Recorder()
    module = types.ModuleType("swatch.training.run")
    module.train = stand_in.train  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "swatch.training.run", module)
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(variable, os.environ.get(variable, "1"))
    return stand_in


@pytest.fixture
def from_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that an agent sets, and its file."""
    file = tmp_path / "config-r1.yaml"
    file.write_text("wandb_version: 1\n\nrun.notes:\n  value: null\nepochs:\n  value: 2\n")
    agents = {
        "SWEEP_ID": "abc",
        "RUN_ID": "r1",
        "SWEEP_PARAM_PATH": str(file),
        "ENTITY": "me",
        "PROJECT": "mine",
    }
    for name, value in agents.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    # Nobody listens there, and it says so at once.
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    monkeypatch.setenv("WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL", "1")  # so that it is gone after the test


@pytest.mark.usefixtures("from_agent")
def test_the_run_is_the_agents(recorder: Recorder) -> None:
    assert (
        cli.run(["train", "--from-agent", "--", "tracking.mode=offline", "run.notes=None", "epochs=2"]) == 0
    )
    assert recorder.composition.overrides == ("tracking.mode=offline", "run.notes=null", "epochs=2")
    assert recorder.options["run_id"] == "r1"
    assert recorder.options["sigterm"] == "stopped"
    assert recorder.options["remote_sweep"].path == "me/mine/abc"
    assert recorder.options["remote_sweep"].base_url == "http://127.0.0.1:9"
    gone = {"WANDB_SWEEP_ID", "WANDB_RUN_ID", "WANDB_SWEEP_PARAM_PATH"}
    assert not recorder.variables & gone, "wandb.init would read them"


@pytest.mark.usefixtures("from_agent")
@pytest.mark.parametrize(
    ("status", "code"), [("finished", 0), ("stopped", 0), ("failed", 1), ("interrupted", 130)]
)
def test_exit_codes(recorder: Recorder, status: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    recorder.status = status
    assert cli.run(["train", "--from-agent", "--", "epochs=2"]) == code
    assert bool(capsys.readouterr().err) == bool(code)


@pytest.mark.usefixtures("recorder")
def test_an_unknown_key_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["train", "--from-agent", "--", "optimizer.learning_rte=1"]) == 2
    assert "Did you mean 'optimizer.learning_rate'?" in capsys.readouterr().err


def test_a_key_of_another_choice_is_set_aside(recorder: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["optimizer=sgd", "--optimizer.momentum=0.9", "optimizer.learning_rate=1e-05"]
    assert cli.run(["train", "--from-agent", "--", *arguments]) == 0
    assert recorder.composition.overrides == ("optimizer=sgd", "optimizer.learning_rate=1e-05")
    assert "set aside, as what is chosen has no such key: optimizer.momentum=0.9" in capsys.readouterr().err


def test_tracking_is_short_for_the_mode(recorder: Recorder) -> None:
    assert cli.run(["train", "--from-agent", "--tracking", "offline", "--", "epochs=2"]) == 0
    assert recorder.composition.settings.tracking.mode == "offline"


@pytest.mark.usefixtures("from_agent")
@pytest.mark.parametrize(
    ("metric", "monitored"),
    [
        ({"name": "val/loss", "goal": "minimize"}, ("val/loss", "minimize")),
        ({"name": "val/loss"}, ("val/loss", "minimize")),
        ({"name": "val/accuracy", "goal": "minimize"}, ("val/accuracy", "minimize")),
        ({"name": "seconds", "goal": "minimize"}, ("val/accuracy", "maximize")),
        (None, ("val/accuracy", "maximize")),
    ],
)
def test_the_training_monitors_the_sweeps_metric(
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    metric: dict[str, str] | None,
    monitored: tuple[str, str],
) -> None:
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        sweep = {
            "method": "grid",
            "parameters": {"epochs": {"value": 2}},
            **({"metric": metric} if metric else {}),
        }
        remote = register(sweep, entity=None, project="mine", name=None, custom=False)
        monkeypatch.setenv("WANDB_SWEEP_ID", remote.sweep_id)
        monkeypatch.setenv("WANDB_ENTITY", remote.entity)
        assert cli.run(["train", "--from-agent", "--", "epochs=2"]) == 0
    training = recorder.composition.settings.training
    assert (training.monitor, training.goal) == monitored


@pytest.mark.parametrize("isolated", [False, True], ids=["installed", "checkout alone"])
def test_the_script_runs(repository: Path, isolated: bool) -> None:
    variables = {"WANDB_SWEEP_ID": "abc", "WANDB_ENTITY": "me", "WANDB_PROJECT": "mine"}
    done = subprocess.run(
        [sys.executable, *(["-c", _HIDDEN] if isolated else []), str(repository / "scripts" / "train.py"),
         "--optimizer=sgd", "optimizer.learning_rte=1"],
        capture_output=True, text=True, check=False, env={**os.environ, **variables},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("swatch: unknown key 'optimizer.learning_rte'")


def test_by_hand_it_is_swatch_train(repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(repository / "scripts" / "train.py"), "--cfg", "job", "-p", "optimizer"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "learning_rate" in yaml.safe_load(done.stdout)


# Runs a program as if swatch were not installed: its finder is taken off before.
_HIDDEN = """
import runpy, sys
sys.argv = sys.argv[1:]
sys.path = [p for p in sys.path if not p.endswith("/src")]
sys.meta_path = [f for f in sys.meta_path if "editable" not in getattr(f, "__module__", str(f)).lower()]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
