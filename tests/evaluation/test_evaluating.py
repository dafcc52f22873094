"""Evaluations of a small run: the numbers, what is kept, what is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swatch.cli import run
from swatch.compose import compose
from swatch.errors import UserError
from swatch.evaluation import records
from swatch.evaluation.evaluating import Evaluation, evaluate
from swatch.evaluation.finding import find_run
from swatch.evaluation.galleries import galleries
from swatch.report.evaluation.class_curves import class_charts
from swatch.report.evaluation.page import render
from swatch.tracking import RunDirectory, class_accuracy
from swatch.training.run import train

SLICE = Path(__file__).resolve().parent.parent / "data" / "fashion-mnist-slice"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on the slice, with label smoothing, so that its loss is not the log loss."""
    overrides = [
        *(f"data.folder={SLICE}", "data.checksums=null", "tracking.mode=disabled", "epochs=2"),
        *("model.hidden_sizes=[32]", "loss.label_smoothing=0.1", "run.id=small"),
        f"paths.runs={tmp_path_factory.mktemp('runs')}",
    ]
    return train(compose(overrides)).directory


@pytest.fixture
def directory(trained: Path, tmp_path: Path) -> RunDirectory:
    """A copy of it, in the folder of runs."""
    shutil.copytree(trained, tmp_path / "runs" / "small")
    return RunDirectory(tmp_path / "runs" / "small")


def test_the_measures_are_scikit_learns(directory: RunDirectory) -> None:
    from sklearn import metrics

    found = evaluate(directory, "test")
    labels, answers, shares = found.labels, found.predictions, found.probabilities.astype(np.float64)
    assert len(labels) == 500 and found.images.shape == (500, 28, 28, 1)
    expected = {
        "accuracy": metrics.accuracy_score(labels, answers),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, answers),
    }
    with warnings.catch_warnings():
        # Rows of float32 add up to 1 but for rounding, of which scikit-learn complains.
        warnings.simplefilter("ignore", UserWarning)
        expected["log_loss"] = metrics.log_loss(labels, shares)
    for average in ("macro", "weighted"):
        scores = metrics.precision_recall_fscore_support(labels, answers, average=average, zero_division=0)
        expected |= {
            f"{average}_{name}": value
            for name, value in zip(("precision", "recall", "f1"), scores, strict=False)
        }
    for name, value in expected.items():
        assert found.metrics[name] == pytest.approx(value, abs=1e-12), name
        if name in found.intervals:
            assert found.intervals[name].low < found.metrics[name] < found.intervals[name].high
    assert found.metrics["loss"] > found.metrics["log_loss"] + 0.05


def test_validation_again_gives_what_training_measured(directory: RunDirectory) -> None:
    summary = directory.read_summary()
    assert summary is not None
    found = evaluate(directory, "val")
    assert found.metrics["accuracy"] == summary["best"]["val/accuracy"]
    assert found.metrics["loss"] == pytest.approx(summary["best"]["val/loss"], abs=1e-9)
    stored = directory.read_confusion_matrix()
    assert stored is not None and found.counts.tolist() == stored["counts"]
    assert len(evaluate(directory, "train").labels) == 1800


def test_only_test_opens_the_test_set(directory: RunDirectory, tmp_path: Path) -> None:
    folder = tmp_path / "train-only"
    shutil.copytree(SLICE, folder, ignore=shutil.ignore_patterns("t10k*"))
    text = directory.config_file.read_text().replace(str(SLICE), str(folder))
    directory.config_file.write_text(text)
    assert len(evaluate(directory, "val").labels) == 200
    with pytest.raises(UserError, match="t10k"):
        evaluate(directory, "test")


def test_the_readings_of_the_test_set_are_counted(
    directory: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    for split, readings in (("val", 0), ("test", 1), ("test", 2), ("val", 2)):
        assert run(["evaluate", "small", "--split", split]) == 0
        shown = capsys.readouterr()
        assert records.readings_of_the_test_set(records.read(directory)) == readings
        assert ("THE TEST SET WAS READ" in shown.err) == (split == "test")
        assert ("2 times now" in shown.err) == (split == "test" and readings == 2)
        page = directory.path / f"evaluation_{split}.html"
        assert shown.out.splitlines()[-1] == f"page  {os.path.relpath(page)}"
        assert "was read" in page.read_text() or split == "val"
    with np.load(directory.path / "predictions_test.npz", allow_pickle=False) as stored:
        assert stored["labels"].shape == (500,) and stored["probabilities"].shape == (500, 10)


def test_what_the_terminal_shows(directory: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(directory.path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = evaluate(directory, "val")
    assert lines[0].endswith("Fashion-MNIST, val, 200 images")
    (line,) = [line for line in lines if line.split()[:1] == ["accuracy"]]
    interval = found.intervals["accuracy"]
    assert line.split() == [
        *("accuracy", f"{found.metrics['accuracy']:.4f}"),
        *(f"{interval.low:.4f}", "to", f"{interval.high:.4f}"),
    ]
    (row,) = [line for line in lines if line.strip().startswith("6 Shirt")]
    assert [0 if cell == "·" else int(cell) for cell in row.split()[2:]] == found.counts[6].tolist()
    assert any(re.search(r" taken for .*: \d+ times", line) for line in lines)


def test_how_each_class_was_learnt(directory: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    found = evaluate(directory, "val")
    assert found.class_accuracies is not None and found.best_epoch in (1, 2)
    # With the weights that were kept, validation recognises what it did at their epoch.
    kept = [curve[found.best_epoch - 1] for curve in found.class_accuracies.curves.values()]
    assert kept == pytest.approx(found.scores.recall.tolist(), abs=1e-6)
    assert run(["evaluate", "small"]) == 0
    shown = capsys.readouterr().out
    assert "validation, epochs 1 to 2" in shown
    (row,) = [line for line in shown.splitlines() if line.split()[:1] == ["Bag"]]
    assert len(row.split()[-1]) == 2 and set(row.split()[-1]) <= set("▁▂▃▄▅▆▇█")
    page = (directory.path / "evaluation_val.html").read_text()
    assert page.count('<path class="own"') == 10 and f"The dashed line is epoch {found.best_epoch}" in page


def test_a_run_that_kept_no_curves_of_the_classes_says_so(
    directory: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory.path / class_accuracy.FILE).unlink()
    assert run(["evaluate", "small"]) == 0
    assert "This run kept no accuracy per class and epoch" in capsys.readouterr().out
    assert "kept no accuracy per class" in (directory.path / "evaluation_val.html").read_text()


def test_charts_share_a_scale_and_leave_gaps() -> None:
    curves = {"a": [0.52, None, 0.8], "b": [0.55, 0.6, 0.7]}
    charts = class_charts(class_accuracy.ClassAccuracies([1, 2, 3], curves), 2)
    assert charts is not None and (charts.low, charts.high) == (0.5, 0.8)
    assert (charts.best_x, charts.best_epoch, charts.epochs) == (80.0, 2, (1, 3))
    first, second = charts.panels
    assert first.line == "M0.0 67.2 M160.0 0.0" and (first.first, first.best) == (0.52, None)
    assert second.line == "M0.0 60.0 L80.0 48.0 L160.0 24.0" and second.best == 0.6
    assert charts.mean == "M0.0 63.6 L80.0 48.0 L160.0 12.0"
    one = class_charts(class_accuracy.ClassAccuracies([1], {"a": [1.0]}), None)
    assert one is not None and one.panels[0].line.endswith("h0")
    assert class_charts(None, 1) is None
    assert class_charts(class_accuracy.ClassAccuracies([1], {"a": [None]}), 1) is None


def test_json_is_for_machines(directory: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "small", "--split", "test", "--json"]) == 0
    shown = capsys.readouterr()
    values = json.loads(shown.out)
    assert values["metrics"] == evaluate(directory, "test").metrics
    assert np.sum(values["confusion_matrix"]["counts"]) == 500
    assert [each["label"] for each in values["per_class"]][:2] == ["T-shirt/top", "Trouser"]
    learnt = values["class_accuracy"]
    assert learnt["epochs"] == [1, 2] and len(learnt["curves"]["Trouser"]) == 2
    assert "THE TEST SET WAS READ" in shown.err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ["small", "--split", "tset"],
            r"--split must be one of train, val, test, not 'tset'\. Did you mean 'test'",
        ),
        (["smal"], r"there is no run 'smal' in .*\. Did you mean 'small'"),
        (["of-mine"], r"'of-mine' is a sweep, and a run is wanted; `swatch best of-mine --top 5` shows"),
        (["runs/sweeps/of-mine"], r"'runs/sweeps/of-mine' is a sweep, .* `swatch best of-mine --top 5`"),
        (["emptied"], r"emptied is no run directory, or damaged: it has no config\.yaml"),
        (["runs"], r"runs is no run directory, or damaged"),
        (["runs/notes.txt"], r"runs/notes\.txt is no file of a run: name a run, its folder or its model"),
    ],
)
def test_bad_arguments(
    directory: RunDirectory, arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("sweeps/of-mine", "emptied"):
        (directory.path.parent / folder).mkdir(parents=True)
    (directory.path.parent / "sweeps" / "of-mine" / "sweep.yaml").write_text("method: grid")
    (directory.path.parent / "notes.txt").write_text("")
    assert run(["evaluate", *arguments]) == 2
    shown = capsys.readouterr().err.strip()
    assert re.search(problem, shown) and "\n" not in shown
    assert not (directory.path / records.EVALUATIONS_FILE).exists()


@pytest.mark.parametrize(
    ("summary", "problem"),
    [
        (
            {"status": "failed", "reason": "the loss is nan"},
            r"ended as failed \(the loss is nan\) after 2 epochs, with val/accuracy 0\.\d{4} at best",
        ),
        (None, "was interrupted after 2 epochs, with val/accuracy .* at best; the command that started it"),
    ],
)
def test_a_run_without_a_model_says_why(directory: RunDirectory, summary: Any, problem: str) -> None:
    directory.model_file.unlink()
    directory.summary_file.unlink()
    if summary is not None:
        directory.summary_file.write_text(json.dumps(summary))
    with pytest.raises(UserError, match=problem):
        evaluate(directory, "val")
    if summary is None:
        with (
            directory.locked(),
            pytest.raises(UserError, match="still training, 2 epochs are done, with val/accuracy"),
        ):
            evaluate(directory, "val")


def test_damaged_files_are_named(directory: RunDirectory) -> None:
    (directory.path / records.EVALUATIONS_FILE).write_text("[{")
    assert records.read(directory) == []
    directory.model_file.write_bytes(directory.model_file.read_bytes()[:5000])
    with pytest.raises(UserError, match=r"model\.npz is not a readable model"):
        evaluate(directory, "val")
    for damaged in (b": {", b"\xff\xfe\x00", b"epochs: 3"):
        directory.config_file.write_bytes(damaged)
        with pytest.raises(UserError, match=r"config\.yaml cannot be read"):
            evaluate(directory, "val")


def test_what_is_damaged_beside_the_model_stops_nothing(
    directory: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (directory.summary_file, directory.history_file, directory.overrides_file):
        file.write_bytes(b"\xff\xfe\x00 [")
    (directory.path / class_accuracy.FILE).write_text('{"epoch": 1, "accuracy"')
    assert run(["evaluate", "small"]) == 0
    assert "kept no accuracy per class" in capsys.readouterr().out


def test_a_run_is_found_by_folder_file_and_name(directory: RunDirectory) -> None:
    for wanted in ("small", str(directory.path), str(directory.model_file)):
        assert find_run(wanted).path == directory.path


def made_up(probabilities: list[list[float]], labels: list[int]) -> Evaluation:
    count = len(labels)
    return Evaluation(
        *("id", "name <b>", "Some data", "test", ("a", "b", "<c>")),
        images=np.arange(count * 4, dtype=np.uint8).reshape(count, 2, 2, 1),
        labels=np.array(labels),
        probabilities=np.array(probabilities, np.float32),
        loss=0.5,
    )


CASES = made_up(
    [[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.4, 0.3, 0.3], [0.0, 1.0, 0.0], [0.1, 0.3, 0.6]], [0, 0, 2, 1, 2]
)


def test_galleries_by_hand() -> None:
    wrong, uncertain, right = galleries(CASES, size=3)
    assert [each.row for each in wrong.pictures] == [1, 2]
    assert [each.row for each in uncertain.pictures] == [2, 4, 1]
    assert [each.row for each in right.pictures] == [3, 0, 4]
    first = wrong.pictures[0]
    assert (first.actual, first.is_right) == ("a", False)
    assert [(name, round(share, 3)) for name, share in first.answers] == [
        ("b", 0.7),
        ("a", 0.2),
        ("<c>", 0.1),
    ]
    np.testing.assert_array_equal(first.image, CASES.images[1])


def test_the_page_escapes_names_and_is_the_same_again() -> None:
    page = render(CASES, 3)
    assert page == render(CASES, 3)
    assert "name &lt;b&gt;" in page and "<c>" not in page
    assert "60.00%" in page and "3 times for this run" in page
    assert "://" not in re.sub(r"data:[^\"]+", "", page)


def test_a_perfect_network_leaves_no_gallery_of_errors() -> None:
    page = render(made_up([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [0, 1, 2]), 0)
    assert "Most confident, and wrong" not in page and "No mistake on 3 test images" in page
