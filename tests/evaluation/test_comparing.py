"""Runs side by side: differences, seeds, the test, the terminal."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from swatch.cli import run
from swatch.errors import UserError
from swatch.evaluation.comparing import (
    ComparedRun,
    compare,
    compare_answers,
    kept_answers,
    read_run,
    see_the_same,
)
from swatch.evaluation.records import predictions_file
from swatch.metrics import mcnemar
from swatch.report.comparison.table import BLOCKS, fitting_names, sparklines, verdict_lines
from swatch.report.labels import format_p_value
from swatch.tracking import RunDirectory

SLICE = Path(__file__).resolve().parent.parent / "data" / "fashion-mnist-slice"


def made_up(name: str, history: list[dict[str, Any]] | None = None, **config: Any) -> ComparedRun:
    epochs = [{"epoch": 1, "val/accuracy": 0.5}] if history is None else history
    return ComparedRun(RunDirectory(Path("/nowhere") / name), name, "finished", config, epochs, {})


def test_only_differences_are_shown_and_choices_by_their_names() -> None:
    one = {
        "optimizer._target_": "a.b.Adam",
        "optimizer.beta1": 0.9,
        "epochs": 3,
        "same": [1, 2],
        "none": None,
    }
    other = {"optimizer._target_": "a.c.SGD", "epochs": 4, "same": [1, 2]}
    found = compare([made_up("one", **one), made_up("other", **other)]).differences
    assert found == {"optimizer": ("Adam", "SGD"), "optimizer.beta1": (0.9, None), "epochs": (3, 4)}
    with pytest.raises(UserError, match="at least two runs, found 1"):
        compare([made_up("one")])


def test_names_that_do_not_fit_yield_to_the_numbers_of_trials() -> None:
    nobody = np.zeros(9, dtype=bool)
    long = [made_up(f"lr0.00{number}_batch64_depth2_width256") for number in (1, 2, 3)]
    trials = [replace(run, sweep="s", trial=number) for number, run in enumerate(long)]
    metric = "val/accuracy"
    assert fitting_names(compare(trials), metric, 200) == [run.name for run in trials]
    assert fitting_names(compare(trials), metric, 80) == ["trial 0", "trial 1", "trial 2"]
    # Of two sweeps the number alone would say nothing, nor of a run that is none's trial.
    for others in ([replace(trials[0], sweep="t"), *trials[1:]], [long[0], *trials[1:]], long):
        names = fitting_names(compare(others), metric, 80)
        assert names[0] == "lr0.001_batch64_\ndepth2_width256"
        (verdict,) = verdict_lines(names, [None, mcnemar(nobody, nobody), mcnemar(~nobody, nobody)], 0)
        assert verdict.startswith(f"{others[0].name} is not clearly better than {others[1].name} (McNemar")


def test_seeds_are_summed_up() -> None:
    def of(seed: int, accuracy: float, **config: Any) -> ComparedRun:
        return made_up(f"s{seed}", [{"epoch": 1, "val/accuracy": accuracy}], seed=seed, **config)

    runs = [of(0, 0.8, width=3), of(1, 0.9, width=3), of(2, 0.7, width=3), of(0, 0.2, width=4)]
    (group,) = compare(runs).seed_groups("val/accuracy")
    assert group.places == (0, 1, 2)
    assert (group.mean, group.deviation) == (pytest.approx(0.8), pytest.approx(0.1))


def test_mcnemar_by_hand_and_like_scipy() -> None:
    from scipy.stats import binomtest

    first = np.array([1] * 9 + [0] * 2 + [1] * 50 + [0] * 5, bool)
    second = np.array([0] * 9 + [1] * 2 + [1] * 50 + [0] * 5, bool)
    found = mcnemar(first, second)
    assert (found.only_first, found.only_second) == (9, 2)
    # 2 (C(11,0) + C(11,1) + C(11,2)) / 2^11
    assert found.p_value == pytest.approx(2 * (1 + 11 + 55) / 2048)
    assert found.p_value == pytest.approx(binomtest(2, 11, 0.5).pvalue)
    assert mcnemar(second, first).p_value == pytest.approx(found.p_value)
    assert mcnemar(first, first).p_value == 1.0
    with pytest.raises(ValueError, match="equally long"):
        mcnemar(first, second[:-1])


def test_curves_share_a_scale() -> None:
    lines = sparklines([[0.0, 1.0], [0.5, None, 0.5], [], [0.1 * n for n in range(100)]], width=10)
    assert lines[0][0] == BLOCKS[0] and len(lines[0]) == 2
    assert lines[1][1] == " " and lines[2] == ""
    assert len(lines[3]) == 10 and lines[3][-1] == BLOCKS[-1] and sorted(lines[3]) == list(lines[3])
    assert sparklines([[None], []]) == ["", ""]


def test_runs_that_see_other_images_are_not_tested() -> None:
    one = made_up("one", **{"data.limit": 10, "data.normalization": "unit"})
    scaled = made_up("scaled", **{"data.limit": 10, "data.normalization": "centred"})
    more = made_up("more", **{"data.limit": 20, "data.normalization": "unit"})
    assert see_the_same(one, scaled) and not see_the_same(one, more)
    answers = {"one": np.array([1, 1, 0], bool), "scaled": np.array([1, 0, 0], bool), "more": None}
    asked: list[str] = []

    def right(run: ComparedRun) -> NDArray[np.bool_] | None:
        asked.append(run.name)
        return answers[run.name]

    tests = compare_answers([one, scaled, more], right)
    assert tests.keys() == {(0, 1), (1, 0)} and asked == ["one", "scaled"]
    assert (tests[0, 1].only_first, tests[1, 0].only_first) == (1, 0)
    # Without their networks nothing is compared.
    assert compare_answers([one, scaled, more]) == {}


OVERRIDES = (
    f"data.folder={SLICE}",
    "data.checksums=null",
    "tracking.mode=disabled",
    "model.hidden_sizes=[16]",
)


@pytest.fixture
def trained(capsys: pytest.CaptureFixture[str]) -> Path:
    """Three runs: two seeds of one config, and one that hardly learns."""
    for run_id, more in (
        ("good", "seed=0"),
        ("other-seed", "seed=1"),
        ("bad", "optimizer.learning_rate=1e-6"),
    ):
        named = (f"run.id={run_id}", f"run.name={run_id}")
        assert run(["train", *OVERRIDES, "epochs=2", *named, more]) == 0
    capsys.readouterr()
    return Path("runs").absolute()


def test_as_a_user_types_it(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "good", "other-seed", "bad"]) == 0
    shown = capsys.readouterr().out
    rows = {line[:24].strip(): line[24:].split() for line in shown.splitlines()}
    assert rows["optimizer.learning_rate"] == ["0.001", "0.001", "1e-06"]
    assert rows["seed"] == ["0", "1", "0"]
    assert not any("hidden_sizes" in key or "run." in key for key in rows)
    runs = {name: read_run(RunDirectory(trained / name)) for name in ("good", "other-seed", "bad")}
    accuracies = [each.best["val/accuracy"] for each in runs.values()]
    assert rows["val/accuracy"] == [f"{value:.4f}" for value in accuracies]
    assert re.search(r"2 seeds of good: val/accuracy 0\.\d{4} ± 0\.\d{4}", shown)
    best = "good" if accuracies[0] >= accuracies[1] else "other-seed"
    assert f"{best} is " in shown and "McNemar" in shown
    test = compare_answers([runs[best], runs["bad"]])[0, 1]
    assert test.p_value < 0.001 and f"p {format_p_value(test.p_value)} (" in shown
    # What `swatch evaluate` has kept gives the same test, and nothing is kept yet.
    assert compare_answers([runs[best], runs["bad"]], kept_answers) == {}
    assert run(["evaluate", best]) == 0 and run(["evaluate", "bad"]) == 0
    assert compare_answers([runs[best], runs["bad"]], kept_answers)[0, 1] == test
    kept = predictions_file(runs["bad"].directory, "val")
    os.utime(kept, (0, 0))
    assert kept_answers(runs["bad"]) is None
    kept.write_bytes(b"no archive")
    assert kept_answers(runs["bad"]) is None
    capsys.readouterr()
    assert run(["compare", "good", "bad", "--no-test"]) == 0
    assert "McNemar" not in capsys.readouterr().out


def test_runs_that_go_on_are_shown_and_damaged_ones_named(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (trained / "good" / "summary.json").unlink()
    (trained / "good" / "model.npz").unlink()
    (trained / "bad" / "config.yaml").write_text(": {")
    with RunDirectory(trained / "good").locked():
        assert run(["compare", "good", "other-seed", "bad"]) == 0
    shown = capsys.readouterr()
    assert "left out" in shown.err and "bad" in shown.err
    assert re.search(r"status +running +finished", shown.out)
    assert run(["compare", "good", "oter-seed"]) == 2
    assert "Did you mean 'other-seed'" in capsys.readouterr().err


def test_a_sweep_stands_for_its_best_trials(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sweep = {
        "method": "grid",
        "metric": {"name": "val/accuracy", "goal": "maximize"},
        "parameters": {"optimizer.learning_rate": {"values": [0.001, 1e-6, 0.01]}},
    }
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(sweep))
    command = ["sweep", "sweep.yaml", "--name", "mine", "--agents", "1", *OVERRIDES, "epochs=1"]
    assert run(command) == 0
    capsys.readouterr()
    assert run(["compare", "mine", "--top", "2"]) == 0
    shown = capsys.readouterr().out
    assert "0.001" in shown and "0.01" in shown and "1e-06" not in shown


def test_a_page_is_written_instead(trained: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "new" / "folder" / "comparison.html"
    assert run(["compare", "good", "bad", "other-seed", "--output", str(page)]) == 0
    assert capsys.readouterr().out == f"Comparison: {page}\n"
    html = page.read_text()
    assert "2 seeds of good" in html and "p against the best" in html
    assert "val/accuracy" not in capsys.readouterr().out


def test_a_damaged_part_of_a_run_is_said(trained: Path) -> None:
    (trained / "good" / "run.json").write_text('{"run_id": "good"}')
    with pytest.raises(UserError, match="good is damaged"):
        read_run(RunDirectory(trained / "good"))
