"""``training.test``: the test set is read once, at the end, counted, and not in sweeps by accident."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from wandb_file import read_offline_run

from swatch.compose import compose
from swatch.errors import UserError
from swatch.evaluation import records
from swatch.evaluation.evaluating import evaluate
from swatch.sweep.config import SweepConfig
from swatch.sweep.network.validation import check
from swatch.tracking import RunDirectory
from swatch.tracking.background import drain
from swatch.training.run import train

SHORT = ["data.limit=300", "epochs=2", "training.test=true"]
SWEEP = """
program: scripts/train.py
method: grid
metric: {name: val/accuracy, goal: maximize}
parameters:
  seed: {values: [1, 2]}
"""


def test_the_figures_are_those_of_the_evaluation(slice_overrides: list[str]) -> None:
    result = train(compose([*slice_overrides, *SHORT]), show=False)
    directory = RunDirectory(result.directory)
    [entry] = records.read(directory)
    assert (entry["split"], entry["images"]) == ("test", 500)
    kept = np.load(records.predictions_file(directory, "test"))
    summary = json.loads(directory.summary_file.read_text())
    evaluation = evaluate(directory, "test")
    assert summary["test/accuracy"] == evaluation.metrics["accuracy"]
    assert summary["test/loss"] == pytest.approx(evaluation.loss, rel=1e-5)
    assert entry["confusion_matrix"]["counts"] == evaluation.counts.tolist()
    np.testing.assert_allclose(kept["probabilities"], evaluation.probabilities, rtol=1e-5, atol=1e-7)
    assert records.record(directory, evaluation) == 2
    # What validation showed stays in its own file.
    matrix = directory.read_confusion_matrix()
    assert matrix is not None
    assert matrix["name"] == "val/confusion_matrix"


def test_wandb_has_the_figures_and_the_matrix_before_the_run_ends(slice_overrides: list[str]) -> None:
    words = [*slice_overrides[:2], *SHORT, "tracking.mode=offline", "tracking.samples=0"]
    result = train(compose(words), show=False)
    drain(20.0)
    [file] = result.directory.glob("wandb/offline-run-*/*.wandb")
    sent = read_offline_run(file)
    assert sent["exit_code"] == 0
    for name in ("test/accuracy", "test/loss"):
        assert sent["summary"][name] == result.summary[name]
    assert any(key.startswith("test/confusion_matrix") for line in sent["history"] for key in line)


def test_by_default_the_test_set_is_not_read(slice_overrides: list[str]) -> None:
    result = train(compose([*slice_overrides, *SHORT[:2]]), show=False)
    assert not (result.directory / "evaluations.json").exists()
    assert not [name for name in result.summary if name.startswith("test/")]


def test_a_data_set_without_one_is_told_of_before_the_training(tmp_path: Path) -> None:
    table = tmp_path / "train.csv"
    rows = [",".join(["label", *(f"p{pixel}" for pixel in range(784))])]
    rows += [",".join([str(row % 10), *["7"] * 784]) for row in range(100)]
    table.write_text("\n".join(rows))
    words = [
        "data=csv",
        f"data.file={table}",
        "training.test=true",
        "tracking.mode=disabled",
        "batch_size=10",
    ]
    with pytest.raises(UserError, match=r"training\.test is true, and .* has no test set"):
        train(compose(words), show=False)


def test_a_sweep_refuses_it_unless_its_own_yaml_says_so() -> None:
    config = SweepConfig.from_yaml(SWEEP, "mine.yaml")
    with pytest.raises(UserError, match=r"every trial would read the test set.*mine\.yaml"):
        check(config, ["training.test=true"])
    on_purpose = SweepConfig.from_yaml(f"{SWEEP}  training.test: {{value: true}}\n", "mine.yaml")
    assert check(on_purpose, []).space.constants["training.test"] is True
    swept = SweepConfig.from_yaml(f"{SWEEP}  training.test: {{values: [true, false]}}\n", "mine.yaml")
    with pytest.raises(UserError, match=r"training\.test cannot be swept"):
        check(swept, [])


def test_a_sweep_refuses_an_experiment_that_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "conf" / "experiment" / "peeking.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("# @package _global_\ntraining:\n  test: true\n")
    text = f"{SWEEP}  experiment: {{values: [quick, peeking]}}\n"
    with pytest.raises(UserError, match="every trial would read the test set"):
        check(SweepConfig.from_yaml(text, "mine.yaml"), [])
    check(SweepConfig.from_yaml(f"{text}  training.test: {{value: false}}\n", "mine.yaml"), [])
