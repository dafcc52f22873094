"""``swatch best`` on a sweep of the network: exported, trained with fresh seeds, trained on all images."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from swatch.cli import run
from swatch.evaluation import records
from swatch.sweep.home import storage_of
from swatch.sweep.ledger import Ledger
from swatch.sweep.records import TrialRecord
from swatch.sweep.space.quoting import override
from swatch.tracking import RunDirectory
from swatch.training.trainer import Trainer

# One worker makes the sweep, once.
pytestmark = pytest.mark.xdist_group("best network")

SLICE = Path(__file__).resolve().parent.parent / "data" / "fashion-mnist-slice"
SWEEP = {
    "method": "bayes",
    "run_cap": 6,
    "metric": {"name": "val/accuracy", "goal": "maximize"},
    "parameters": {
        "optimizer": {"values": ["adam", "momentum"]},
        "optimizer.learning_rate": {"distribution": "log_uniform_values", "min": 0.001, "max": 0.1},
        "optimizer.momentum": {"values": [0.9, 0.95]},
        "model.hidden_sizes": {"values": [[16], [16, 8]]},
        # Linked: two keys at a time, one of them null or not.
        "size": {
            "values": [
                {"batch_size": 64, "training.gradient_clipping.norm": None},
                {"batch_size": 100, "training.gradient_clipping.norm": 1.0},
            ]
        },
        "epochs": {"value": 2},
    },
}
NOTE = 'yes: [#1], it\'s "odd"'
TYPED = [
    *(f"data.folder={SLICE}", "data.checksums=null", "data.limit=1000", "training.monitor=val/loss"),
    override("run.notes", NOTE),
]


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("swept")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(SWEEP))
    words = ["sweep", "tiny.yaml", "--name", "tiny", "--agents", "1", "--tracking", "disabled", *TYPED]
    environment = {**os.environ, "SWATCH_HOME": str(folder / "runs")}
    done = subprocess.run(
        [sys.executable, "-m", "swatch", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "runs"


@pytest.fixture(autouse=True)
def home(swept: Path, tmp_path: Path) -> Path:
    """A copy of the sweep and its runs, in the folder of runs."""
    return Path(shutil.copytree(swept, tmp_path / "runs"))


def trials(home: Path) -> list[TrialRecord]:
    ledger = Ledger(storage_of(home, "tiny", None))
    try:
        return sorted(ledger.trials("tiny"), key=lambda trial: -(trial.objective or 0.0))
    finally:
        ledger.close()


def curves(history: list[dict[str, Any]]) -> list[list[float]]:
    return [
        [line[key] for key in ("train/loss", "val/loss", "val/accuracy", "learning_rate")] for line in history
    ]


def test_the_model_stands_beside_the_best_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["best", "tiny", "--top", "3"]) == 0
    shown = capsys.readouterr().out
    best = trials(home)[0]
    assert "the best 3 of 6" in shown and "model mean" in shown
    assert re.search(
        rf"Best run: trial {best.number}, {best.objective:.4f}\. Best by model mean: trial \d", shown
    )
    assert "luck" in shown
    assert run(["best", "tiny", "--by", "mean"]) == 0
    assert "Sweep tiny: trial" in capsys.readouterr().out


@pytest.mark.parametrize("place", [0, pytest.param(-1, marks=pytest.mark.slow)])
def test_an_export_trains_to_the_identical_result(
    home: Path, tmp_path: Path, place: int, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = trials(home)[place]
    path = "conf/experiment/found.yaml"
    assert run(["best", "tiny", "--trial", str(trial.number), "--export", path]) == 0
    assert "swatch train experiment=found" in capsys.readouterr().out
    text = (tmp_path / path).read_text()
    assert f"# Trial {trial.number} of sweep tiny (bayes" in text and f"{trial.objective:.4f}" in text
    assert run(["train", "experiment=found", "run.id=again", "tracking.mode=disabled"]) == 0
    again, first = RunDirectory(home / "again"), RunDirectory(home / trial.run_id)
    count = len(first.read_history())
    assert curves(again.read_history())[:count] == curves(first.read_history())
    if trial.state.value == "finished":
        assert again.read_confusion_matrix() == first.read_confusion_matrix()
    config, wanted = again.read_config(), first.read_config()
    assert config is not None and wanted is not None
    for part in ("seed", "epochs", "batch_size", "data", "model", "loss", "optimizer", "scheduler"):
        assert config[part] == wanted[part], part
    assert config["run"]["notes"] == wanted["run"]["notes"] == NOTE
    assert config["training"] == {**wanted["training"], "progress": True}


def test_an_export_never_writes_over_a_file_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "conf" / "experiment" / "found.yaml"
    assert run(["best", "tiny", "--export", str(path)]) == 0
    path.write_text("mine")
    assert run(["best", "tiny", "--export", str(path)]) == 2
    assert "--force writes over it" in capsys.readouterr().err and path.read_text() == "mine"
    assert run(["best", "tiny", "--export", str(path), "--force"]) == 0
    assert path.read_text() != "mine"


def test_fresh_seeds_interrupted_and_taken_up_again(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["best", "tiny", "--retrain-top", "1", "--seeds", "2"]
    ended: list[int] = []
    original = Trainer._end_epoch

    def interrupting(trainer: Trainer) -> None:
        ended.append(trainer.position.epoch)
        if len(ended) == 3:
            signal.raise_signal(signal.SIGINT)
        original(trainer)

    monkeypatch.setattr(Trainer, "_end_epoch", interrupting)
    assert run(words) == 130
    assert "repeats no run" in capsys.readouterr().err
    # Two configurations at most, two seeds each, two epochs: one run is whole, the second half done.
    assert len(ended) == 3
    assert run(words) == 0
    shown = capsys.readouterr()
    runs = sorted(home.glob("tiny-*-s10*"))
    assert len(ended) == 2 * len(runs) and len(runs) in (2, 4)
    assert "seed 1000: is there already" in shown.err
    assert "trained again: validation accuracy" in shown.out and "with other seeds" in shown.out
    stored = json.loads((home / "sweeps" / "tiny" / "retrained.json").read_text())
    assert [each["run"] for entry in stored["configurations"] for each in entry["runs"]]
    for entry in stored["configurations"]:
        values = [
            max(line["val/accuracy"] for line in RunDirectory(home / each["run"]).read_history())
            for each in entry["runs"]
        ]
        assert values == [each["value"] for each in entry["runs"]]
        assert entry["mean"] == pytest.approx(sum(values) / 2)
    description = RunDirectory(runs[0]).read_description()
    assert description is not None and description.group == "tiny-retrained"
    # The same once more trains nothing, and more seeds only the new ones.
    assert run(words) == 0
    assert len(ended) == 2 * len(runs)
    assert run([*words[:-1], "3"]) == 0
    assert len(list(home.glob("tiny-*-s1002"))) * 2 == len(ended) - 2 * len(runs)


def test_all_images_for_the_epochs_that_validation_chose(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    best = trials(home)[0]
    assert run(["best", "tiny", "--retrain", "data.limit=null"]) == 0
    shown = capsys.readouterr()
    # An id of its own, as the overrides change what is trained.
    (path,) = home.glob(f"{best.run_id}-full-*")
    directory = RunDirectory(path)
    summary, history = directory.read_summary(), directory.read_history()
    assert summary is not None
    assert (summary["training_samples"], summary["validation_samples"]) == (2000, 0)
    assert len(history) == best.summary["best"]["epoch"] and not any("val/loss" in line for line in history)
    assert summary["best"] == history[-1]
    entries = records.read(directory)
    assert [(entry["split"], entry["images"]) for entry in entries] == [("train", 2000), ("test", 500)]
    assert "THE TEST SET WAS READ, for the first time" in shown.err
    for entry in entries:
        counts = entry["confusion_matrix"]["counts"]
        assert sum(map(sum, counts)) == entry["images"]
        assert f"{entry['metrics']['accuracy']:.4f}" in shown.out
        # Every row of the matrix, in the terminal's notation.
        (row,) = [
            line.split()[2:]
            for line in shown.out.splitlines()
            if line.strip().startswith("6 Shirt")
            and [cell.replace("·", "0") for cell in line.split()[2:]] == [str(count) for count in counts[6]]
        ]
        assert len(row) == 10
        assert (directory.path / f"evaluation_{entry['split']}.html").exists()
        assert f"evaluation_{entry['split']}.html" in shown.out

    def never(*_: Any) -> None:
        raise AssertionError("trained or read again")

    monkeypatch.setattr(Trainer, "run", never)
    monkeypatch.setattr("swatch.evaluation.evaluating._part", never)
    assert run(["best", "tiny", "--retrain", "data.limit=null"]) == 0
    again = capsys.readouterr()
    assert again.out == shown.out
    assert "not read again" in again.err and records.read(directory) == entries


@pytest.mark.slow
def test_retraining_goes_on_where_it_was_interrupted(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Trainer._end_epoch
    words = ["best", "tiny", "--retrain", "epochs=3"]

    def interrupted(trainer: Trainer) -> None:
        if trainer.position.epoch == 2:
            signal.raise_signal(signal.SIGINT)
        original(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_end_epoch", interrupted)
        assert run(words) == 130
    assert "interrupted while retraining; the same command goes on" in capsys.readouterr().err
    (path,) = home.glob("*-full-*")
    assert len(RunDirectory(path).read_history()) == 2 and records.read(RunDirectory(path)) == []
    assert run(words) == 0
    assert "goes on at epoch 3" in capsys.readouterr().err
    assert len(RunDirectory(path).read_history()) == 3 and len(records.read(RunDirectory(path))) == 2


@pytest.mark.slow
def test_a_limit_of_the_sweep_holds_and_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["best", "tiny", "--retrain", "epochs=1"]) == 0
    assert "on 1,000 training images, none held out, for 1 epoch; data.limit=null" in capsys.readouterr().err
    # What only says how it is watched makes no run of its own.
    assert run(["best", "tiny", "--retrain", "--tracking", "disabled", "training.progress=false"]) == 0
    assert len(list(home.glob("*-full"))) == 1 and len(list(home.glob("*-full-*"))) == 1


@pytest.mark.slow
def test_the_winner_of_fresh_seeds_is_what_is_retrained(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["best", "tiny", "--retrain-top", "2", "--seeds", "2", "--retrain"]) == 0
    stored = json.loads((home / "sweeps" / "tiny" / "retrained.json").read_text())
    winner = stored["configurations"][0]["trial"]
    assert f"Trial {winner} of sweep tiny, retrained" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--trial", "99"], "--trial 99: sweep tiny has no such trial; its trials are 0 to 5"),
        (["--force"], "--force goes with --export"),
        (["--seeds", "3"], "--seeds goes with --retrain-top"),
        (["epochs=1"], "KEY=VALUE and --tracking go with --retrain"),
        (["--retrain", "epohcs=1"], "unknown key 'epohcs'. Did you mean 'epochs'"),
        (["--retrain-top", "1", "model.width=8"], "model.width needs depth"),
        (["--export", "mine.yaml"], "write --export conf/experiment/mine.yaml"),
    ],
)
def test_bad_input(words: list[str], problem: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(home.iterdir())
    assert run(["best", "tiny", *words]) == 2
    shown = capsys.readouterr().err.strip()
    assert problem in shown and "\n" not in shown
    assert sorted(home.iterdir()) == before
