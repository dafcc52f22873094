"""Configs that a sweep was given: side by side, on the test images, and beside other data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from synthetic import make_sweep, make_trials
from test_sweep_page import Page

from swatch.report.sweep.background import background_of
from swatch.report.sweep.page import render
from swatch.report.sweep.transfer import MOST_CONFIGS, Transfer, transfer_of
from swatch.report.sweep.transfer_elsewhere import config_of, elsewhere
from swatch.report.sweep.transfer_words import sentences
from swatch.sweep.records import RunRecord, SweepRecord, TrialRecord, TrialState

LABELS = ["0", "1", "2"]
IMAGES = 300


def config(data: str, optimizer: str, **changes: Any) -> dict[str, Any]:
    return {
        "data": {"_target_": f"swatch.data.{data}", "folder": f"/{data}", "normalization": "unit"},
        "model": {"_target_": "swatch.nn.models.mlp.mlp", "depth": 3, "norm": None},
        "optimizer": {"_target_": f"swatch.optim.{optimizer}", "learning_rate": 0.001},
        "tracking": {"mode": "disabled"},
        "seed": 0,
        "epochs": 10,
        **changes,
    }


def write_run(folder: Path, config: dict[str, Any], value: float, right: np.ndarray | None = None) -> None:
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    summary: dict[str, Any] = {"status": "finished", "best": {"epoch": 9, "val/accuracy": value}}
    if right is not None:
        labels = np.arange(len(right)) % 3
        answers = np.where(right, labels, (labels + 1) % 3)
        counts = np.zeros((3, 3), int)
        np.add.at(counts, (labels, answers), 1)
        summary["test/accuracy"] = float(right.mean())
        matrix = {"labels": LABELS, "counts": counts.tolist()}
        metrics = {"accuracy": summary["test/accuracy"]}
        entry = {"split": "test", "images": len(right), "metrics": metrics, "confusion_matrix": matrix}
        (folder / "evaluations.json").write_text(json.dumps([entry]))
        np.savez(folder / "predictions_test.npz", labels=labels, probabilities=np.eye(3)[answers])
    (folder / "summary.json").write_text(json.dumps(summary))


def answers(wrong: int, start: int = 0) -> np.ndarray:
    right = np.ones(IMAGES, bool)
    right[start : start + wrong] = False
    return right


@pytest.fixture
def given(tmp_path: Path) -> tuple[SweepRecord, list[TrialRecord], Path]:
    """Three experiments on digits, two of which were trained on clothes as well."""
    results = {
        "a": ("Adam", 0.98, answers(6)),
        "b": ("Nadam", 0.97, answers(9)),
        "c": ("SGD", 0.9, answers(60)),
    }
    trials = []
    for trial, (name, (optimizer, value, right)) in zip(make_trials(3), results.items(), strict=True):
        trials.append(
            replace(
                trial,
                point={"experiment": name},
                run_id=f"given-{name}",
                state=TrialState.FINISHED,
                objective=value,
                summary={"best": {"epoch": 9}, "parameters": 1234},
            )
        )
        write_run(tmp_path / f"given-{name}", config("MNIST", optimizer), value, right)
    write_run(tmp_path / "clothes-1", config("FashionMNIST", "Adam"), 0.88)
    write_run(tmp_path / "clothes-2", config("FashionMNIST", "Adam", seed=1), 0.86)
    write_run(tmp_path / "clothes-3", config("FashionMNIST", "Nadam"), 0.89, answers(30))
    write_run(tmp_path / "clothes-4", config("FashionMNIST", "Nadam", epochs=5), 0.5)
    write_run(tmp_path / "digits-again", config("MNIST", "Adam", seed=2), 0.99)
    sweep = make_sweep(parameters={"experiment": {"values": list(results)}}, method="grid", overrides=())
    return sweep, trials, tmp_path


def known(given: tuple[SweepRecord, list[TrialRecord], Path]) -> Transfer:
    found = transfer_of(*given)
    assert found is not None
    return found


def test_the_configs_stand_side_by_side_with_test_and_other_data(given: Any) -> None:
    found = known(given)
    assert [each.label for each in found.given] == ["a", "b", "c"] and found.data == ("MNIST",)
    assert found.differing == (("optimizer", ("Adam", "Nadam", "SGD")),)
    assert ("epochs", "10") in found.shared and not any("norm" in key for key, _ in found.shared)
    a, b, c = found.given
    assert a.tested is not None and a.tested.accuracy == pytest.approx(0.98) and a.tested.images == IMAGES
    assert a.tested.interval.low < 0.98 < a.tested.interval.high
    assert a.matrix is not None and a.matrix.samples == IMAGES
    assert a.elsewhere["FashionMNIST"].value == pytest.approx(0.87) and a.elsewhere["FashionMNIST"].runs == 2
    assert b.elsewhere["FashionMNIST"].test == pytest.approx(0.9)
    assert found.others == ("FashionMNIST",) and c.elsewhere == {}
    assert found.is_tested_on("FashionMNIST") and found.largest_confusion > 0.1


def test_the_words_weigh_the_answers_to_the_same_images(given: Any) -> None:
    sweep, _, _ = given
    said = sentences(sweep, known(given))
    assert said[0] == "On the test images of MNIST the configs have 80.00% to 98.00% right, the most a."
    assert "it is clearly more often right than c and not clearly more often right than b (McNemar" in said[1]
    assert said[2] == (
        "On FashionMNIST the same configs have a validation accuracy of 0.8700 to 0.8900; b is first there, "
        "a on MNIST."
    )


def test_several_seeds_are_compared_by_their_means(given: Any) -> None:
    sweep, trials, home = given
    accuracies = {"a": (0.981, 0.979, 0.980), "b": (0.982, 0.975, 0.978), "c": (0.901, 0.899, 0.900)}
    several = [
        replace(
            trial,
            runs=tuple(
                RunRecord(f"{trial.run_id}-{seed}", seed, [], {"test/accuracy": value}, trial.objective)
                for seed, value in enumerate(accuracies[trial.point["experiment"]])
            ),
        )
        for trial in trials
    ]
    sweep = replace(sweep, repeats=3)
    found = known((sweep, several, home))
    a = found.given[0]
    assert a.test_accuracy == pytest.approx(0.98) and a.test_spread == pytest.approx(0.001)
    said = sentences(sweep, found)
    assert said[0].endswith("90.00% to 98.00% right on average over the seeds, the most a.")
    assert said[1] == (
        "Over the seeds it is clearly more often right than c and not clearly more often right than b "
        "(Welch's test, 5%, Bonferroni-corrected)."
    )
    page = Page(render(sweep, several, background=background_of(sweep, several, home)))
    assert "0.9800 ± 0.0010 3 seeds" in page.one("section", id="given")["text"]


def test_the_page_has_a_section_with_tables_and_matrices(given: Any) -> None:
    sweep, trials, home = given
    page = Page(render(sweep, trials, background=background_of(sweep, trials, home)))
    section = page.one("section", id="given")["text"]
    for part in (
        "The given configs on MNIST",
        "0.9800",
        "1,234",
        "mean of 2 runs",
        "0.8700",
        "98.00% of 300 test",
    ):
        assert part in section, part
    tables = [table for table in page.all("table") if "given" in table["inside"]]
    assert [table["class"] for table in tables] == ["plain given", *["confusion counts small"] * 3]
    assert page.all("ul", class_="findings")[0]["text"].strip().startswith("On the test images of MNIST")


def test_a_damaged_or_missing_run_costs_only_its_own_facts(given: Any) -> None:
    sweep, trials, home = given
    (home / "given-a" / "config.yaml").write_text("a: [")
    (home / "given-b" / "evaluations.json").write_text("[{")
    (home / "given-c" / "predictions_test.npz").write_bytes(b"PK\x03\x04 and no more")
    (home / "clothes-3" / "summary.json").write_text("{")
    (home / "clothes-4" / "config.yaml").write_text("- 1")
    found = known(given)
    a, b, c = found.given
    assert a.data == "unknown data" and a.tested is not None and a.elsewhere == {}
    assert b.tested is None and b.matrix is None and b.elsewhere == {}
    assert c.tested is not None and c.tested.right is None
    assert "McNemar" not in " ".join(sentences(sweep, found))
    Page(render(sweep, trials, background=background_of(sweep, trials, home)))
    for each in trials:
        for path in (home / each.run_id).iterdir():
            path.unlink()
    Page(render(sweep, trials, background=background_of(sweep, trials, home)))


def test_other_sweeps_have_no_such_section(given: Any) -> None:
    sweep, trials, home = given
    assert transfer_of(sweep, trials[:1], home) is None
    assert transfer_of(replace(sweep, function="m:f"), trials, home) is None
    assert transfer_of(sweep, trials * (MOST_CONFIGS // 3 + 1), home) is None
    assert transfer_of(make_sweep(), make_trials(6), home) is None


def test_the_same_config_is_one_that_trains_alike_whatever_its_data_and_seed(given: Any) -> None:
    _, _, home = given
    mine = config_of(home / "given-b")
    (found,) = elsewhere(home, [mine], "val/accuracy", {"given-b"})
    assert {title: each.runs for title, each in found.items()} == {"FashionMNIST": 1}
    (found,) = elsewhere(home, [mine], "val/accuracy", {"given-b", "clothes-3"})
    assert found == {}
    (found,) = elsewhere(home, [mine], "val/loss", {"given-b"})
    assert found == {}, "that metric is not in its summary"
