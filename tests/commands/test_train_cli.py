"""`swatch train` as a user meets it: help, config, one run, several, and how each ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from swatch import cli
from swatch.commands import train as train_command
from swatch.compose import Composition
from swatch.errors import UserError
from swatch.training.outcome import RunResult

ENDINGS = {0: "finished", 1: "failed", 2: "interrupted", 3: "stopped"}


class Recorder:
    """Stands in for the training: remembers what it was asked to train and ends as told by the seed."""

    def __init__(self) -> None:
        self.trained: list[Composition] = []
        self.error: BaseException | None = None

    def train(self, composition: Composition) -> RunResult:
        self.trained.append(composition)
        if self.error is not None:
            raise self.error
        seed = composition.settings.seed
        return RunResult("some-run", Path("runs/some-run"), ENDINGS[seed], "told so", {}, [])


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    stand_in = Recorder()
    module = types.ModuleType("swatch.training.run")
    module.train = stand_in.train  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "swatch.training.run", module)
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(variable, os.environ.get(variable, "1"))
    return stand_in


def test_trains_once(recorder: Recorder, tmp_path: Path) -> None:
    before = sys.argv
    assert cli.run(["train", "optimizer=sgd", "epochs=3"]) == 0
    [composition] = recorder.trained
    assert composition.overrides == ("optimizer=sgd", "epochs=3")
    assert composition.choices["optimizer"] == "sgd"
    assert sys.argv is before
    assert "HYDRA_FULL_ERROR" not in os.environ
    assert list(tmp_path.iterdir()) == []
    assert Path.cwd() == tmp_path


def test_tracking_is_short_for_the_mode(recorder: Recorder) -> None:
    assert cli.run(["train", "--tracking", "offline", "epochs=2"]) == 0
    assert recorder.trained[0].settings.tracking.mode == "offline"
    assert recorder.trained[0].overrides == ("epochs=2", "tracking.mode=offline")


@pytest.mark.parametrize(
    ("seed", "code", "said"),
    [
        (0, 0, ""),
        (3, 0, ""),
        (1, 1, "swatch: the run failed: told so (runs/some-run)\n"),
        (2, 130, "swatch: interrupted: told so;"),
    ],
)
def test_how_a_run_ends(
    recorder: Recorder, seed: int, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["train", f"seed={seed}"]) == code
    shown = capsys.readouterr()
    assert shown.err.startswith(said)
    assert len(shown.err.splitlines()) == bool(said)


@pytest.mark.parametrize(("error", "code"), [(UserError("no space left"), 2), (KeyboardInterrupt(), 130)])
def test_errors_from_within(
    recorder: Recorder, error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder.error = error
    assert cli.run(["train"]) == code
    # click ends the line of the terminal's ^C first.
    assert capsys.readouterr().err.strip() == f"swatch: {str(error) or 'interrupted'}"


def test_a_bug_keeps_its_traceback(recorder: Recorder) -> None:
    recorder.error = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError, match="a bug"):
        cli.run(["train"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["model.dropout=1.5"], "model.dropout must be in [0, 1), found 1.5"),
        (["optimizer.learning_rate=-1"], "optimizer.learning_rate must be a finite number of at least 0"),
        (["model.hidden_sizes=[0]"], "model.hidden_sizes must be at least 1 each, found [0]"),
        (["run.name='{sed}'"], "run.name: there is no '{sed}' in the config"),
        (["-m", "model.activation=relu,reluu"], "Did you mean 'relu'?"),
    ],
)
def test_what_cannot_be_built_is_refused_before_the_data_is_fetched(
    recorder: Recorder, arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["train", *arguments, "data.folder=nowhere"]) == 2
    message = capsys.readouterr().err
    assert said in message
    assert len(message.splitlines()) == 1
    assert recorder.trained == []
    assert list(tmp_path.iterdir()) == []


def test_a_multirun_with_a_batch_larger_than_the_data_does_not_begin(
    recorder: Recorder, slice_overrides: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["train", "-m", "batch_size=10,5000", *slice_overrides]) == 2
    assert capsys.readouterr().err.startswith("swatch: batch_size is 5,000, but the training part has only")
    assert recorder.trained == []


def test_multirun_trains_every_combination(
    recorder: Recorder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["train", "-m", "seed=0,3", "optimizer=adam,sgd", "epochs=2"]) == 0
    assert [c.overrides for c in recorder.trained] == [
        (f"seed={seed}", f"optimizer={name}", "epochs=2") for seed in (0, 3) for name in ("adam", "sgd")
    ]
    assert capsys.readouterr().err.splitlines()[1] == "training 2 of 4: seed=0 optimizer=sgd epochs=2"
    assert list(tmp_path.iterdir()) == []


def test_multirun_goes_on_after_a_failure(recorder: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["train", "-m", "seed=0,1,3"]) == 1
    assert len(recorder.trained) == 3
    said = capsys.readouterr().err.splitlines()
    assert "swatch: training 2 of 3: seed=1: the run failed: told so (runs/some-run)" in said
    assert said[-1] == "swatch: 1 of 3 trainings failed"


def test_multirun_goes_on_after_a_bug_and_shows_it(
    recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder.error = ZeroDivisionError("a bug")
    assert cli.run(["train", "-m", "seed=0,1"]) == 1
    assert len(recorder.trained) == 2
    assert capsys.readouterr().err.count("ZeroDivisionError: a bug") == 2


def test_multirun_ends_at_an_interruption(recorder: Recorder) -> None:
    assert cli.run(["train", "-m", "seed=0,2,3"]) == 130
    assert len(recorder.trained) == 2


def test_multirun_is_checked_before_anything_starts(
    recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["train", "-m", "epochs=1,2,0"]) == 2
    assert recorder.trained == []
    assert capsys.readouterr().err == "swatch: epochs must be a whole number of at least 1, not 0\n"


def test_threads_are_set_for_the_matrix_library(recorder: Recorder) -> None:
    import numpy as np
    import threadpoolctl

    seen: list[tuple[str, set[int]]] = []

    def train(composition: Composition) -> RunResult:
        np.ones((64, 64)) @ np.ones((64, 64))
        threads = {
            pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"
        }
        seen.append((os.environ["OPENBLAS_NUM_THREADS"], threads))
        return RunResult("some-run", Path("runs/some-run"), "finished", None, {}, [])

    sys.modules["swatch.training.run"].train = train  # type: ignore[attr-defined]
    assert cli.run(["train", "-m", "training.threads=2,1"]) == 0
    assert seen == [("2", {2}), ("1", {1})]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["optimizer.learning_rte=1"], "Did you mean 'optimizer.learning_rate'?"),
        (["--tracking", "onlin"], "tracking.mode must be one of auto, online, offline, disabled"),
        (["seed=1,2"], "add -m"),
        (["epochs"], "key=value"),
        (["--cfg", "nothing"], "'job', 'hydra', 'all'"),
        (["--cfg", "job", "-m"], "exclude each other"),
        (["--resolve"], "go with --cfg"),
        (["--cfg", "job", "-p", "optimiser"], "there is no 'optimiser'"),
        (["--cfg", "job", "epochs=0"], "epochs must be"),
        (["--help", "optimizer=nope"], "there is no optimizer 'nope'"),
        (["-m", "optimizer=glob(z*)"], "matches no choice"),
        (["-m", "hydra.sweep.dir=1,2", "seed=0"], "hydra.sweep.dir"),
        (["--multirn"], "--multirn"),
        (["--info", "nothing"], "cannot read 'nothing'"),
    ],
)
def test_bad_input_is_one_line(
    recorder: Recorder, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["train", *arguments]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""
    assert recorder.trained == []


def test_shows_the_config(recorder: Recorder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["train", "--cfg", "job", "optimizer=sgd", "epochs=3"]) == 0
    shown = capsys.readouterr().out
    assert "_target_: swatch.optim.sgd.SGD" in shown
    assert "epochs: 3" in shown
    assert "hydra" not in shown
    assert cli.run(["train", "--cfg", "job", "--resolve", "-p", "training"]) == 0
    assert "goal: maximize" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flag", ["--info", "--hydra-help"])
def test_hydras_own_information(flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "swatch", "train", flag], capture_output=True, text=True, check=True
    )
    assert "hydra" in done.stdout.lower()
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_help_lists_every_group_choice_and_key(capsys: pytest.CaptureFixture[str]) -> None:
    from swatch.compose import compose, config_keys, groups

    assert cli.run(["train", "--help"]) == 0
    shown = capsys.readouterr().out
    for group, choices in groups().items():
        assert f"\n  {group} " in shown
        for choice in choices:
            assert f" {choice}" in shown.replace("*", " ")
    for key in config_keys(compose().config):
        if "_target_" not in key:
            assert f"\n  {key} " in shown
    assert "*adam" in shown
    assert "${" not in shown
    assert "$$" not in shown
    assert "swatch train optimizer=momentum" in shown


def test_help_follows_the_overrides(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.run(["train", "-h", "optimizer=momentum", "epochs=77", "run.notes='costs $5'"]) == 0
    shown = capsys.readouterr().out
    assert "*momentum" in shown
    assert "optimizer.momentum " in shown
    assert " 77 " in shown
    assert "costs $5" in shown


def test_every_example_of_the_help_composes(capsys: pytest.CaptureFixture[str]) -> None:
    import shlex

    from swatch.compose.application import jobs

    cli.run(["train", "--help"])
    examples = [
        shlex.split(line.split("  ")[1])[2:]
        for line in capsys.readouterr().out.split("Options:")[0].splitlines()
        if line.startswith("  swatch train")
    ]
    assert len(examples) > 5
    for words in examples:
        multirun = "-m" in words
        overrides = [word for word in words if "=" in word]
        assert len(jobs(overrides, multirun)) == (6 if multirun else 1)


def swatch(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "swatch", *arguments], capture_output=True, text=True, check=False
    )


class TestEndToEnd:
    """The real thing on a small slice of the real data."""

    SMALL = ("epochs=2", "model.hidden_sizes=[16]", "batch_size=64")

    def test_trains(self, slice_overrides: list[str], tmp_path: Path) -> None:
        done = swatch("train", *self.SMALL, *slice_overrides)
        assert done.returncode == 0, done.stderr
        [directory] = [path for path in (tmp_path / "runs").iterdir() if path.is_dir()]
        history = [json.loads(line) for line in (directory / "history.jsonl").read_text().splitlines()]
        assert [record["epoch"] for record in history] == [1, 2]
        assert history[-1]["val/accuracy"] > 0.3
        assert {path.name for path in tmp_path.iterdir()} == {"runs"}

    def test_multirun(self, slice_overrides: list[str], tmp_path: Path) -> None:
        done = swatch("train", "-m", "seed=1,2", *self.SMALL, *slice_overrides)
        assert done.returncode == 0, done.stderr
        assert len(list((tmp_path / "runs").glob("*/summary.json"))) == 2

    def test_diverging_run_exits_1(self, slice_overrides: list[str]) -> None:
        done = swatch("train", "optimizer=sgd", "optimizer.learning_rate=1e30", *self.SMALL, *slice_overrides)
        assert done.returncode == 1
        assert "diverged" in done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize(
        ("override", "said"),
        [
            ("batch_size=1000000", "batch_size"),
            ("+optimizer.learning_rte=1", "optimizer.learning_rte"),
            ("optimizer.learning_rate=fast", "optimizer.learning_rate must be a number"),
            ("optimizer.learning_rate=-1", "optimizer.learning_rate"),
            ("model.activation=reluu", "relu"),
        ],
    )
    def test_bad_value_exits_2(self, override: str, said: str, slice_overrides: list[str]) -> None:
        done = swatch("train", *self.SMALL, *slice_overrides, override)
        assert done.returncode == 2, done.stderr
        assert said in done.stderr
        assert "Traceback" not in done.stderr

    def test_ctrl_c_exits_130_and_the_same_command_goes_on(
        self, slice_overrides: list[str], tmp_path: Path
    ) -> None:
        command = [
            sys.executable,
            "-m",
            "swatch",
            "train",
            "epochs=300",
            "model.hidden_sizes=[16]",
            *slice_overrides,
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("runs/*/history.jsonl")) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130, said
        assert "Traceback" not in said
        done = subprocess.run([*command, "training.resume=auto"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert len(list(tmp_path.glob("runs/*/history.jsonl"))) == 1
        assert len(next(tmp_path.glob("runs/*/history.jsonl")).read_text().splitlines()) == 300
        shutil.rmtree(tmp_path / "runs")


def test_train_can_be_called_without_the_command(recorder: Recorder) -> None:
    assert train_command.train(["seed=0"]) == 0
    with pytest.raises(UserError, match="epochs must be"):
        train_command.train(["epochs=0"])
