"""The benchmark of the searches: its problems, its table, and that it goes on where it was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

OPTIMA: dict[str, dict[str, Any]] = {
    "hartmann6": {"x1": 0.2034, "x2": 0.1497, "x3": 0.473, "x4": 0.3, "x5": 0.3, "x6": "gelu"},
    "ackley5": {"x1": 0.0, "x2": 0.0, "x3": 0.0, "x4": 0, "x5": "gelu"},
    "rosenbrock4": {"x1": 1.0, "x2": 1.0, "x3": 1.0, "x4": 1},
    "branin": {"x": -3.0792, "y": 12, "kind": "adam"},
    "levy6": {"x1": 1.0, "x2": 1.0, "x3": 1.0, "x4": 1, "x5": 1, "x6": "relu"},
    "training": {
        "optimizer": "rmsprop",
        "optimizer.learning_rate": 0.0018003346303804377,
        "optimizer.weight_decay": 0.0008697615997395641,
        "scheduler": "cosine",
        "batch_size": 64,
        "model.depth": 1,
        "model.width": 192,
        "model.activation": "relu",
        "model.dropout": 0.05789542454961278,
    },
}


@pytest.fixture
def problems(repository: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(str(repository / "scripts"))
    from benchmark_problems import PROBLEMS  # type: ignore[import-not-found]

    found: dict[str, Any] = PROBLEMS
    return found


@pytest.mark.parametrize("name", OPTIMA)
def test_the_best_value_is_that_of_the_optimum_and_nothing_is_below(
    problems: dict[str, Any], name: str
) -> None:
    problem, optimum = problems[name], OPTIMA[name]
    assert problem.space.contains(optimum)
    assert problem.value(optimum) == pytest.approx(problem.best, abs=1e-4)
    rng = np.random.default_rng(1)
    values = [problem.value(problem.space.sample(rng)) for _ in range(500)]
    for column, distribution in problem.space.swept.items():
        # Around the optimum, one parameter at a time.
        values += [
            problem.value({**optimum, column: distribution.from_unit(unit)}) for unit in np.linspace(0, 1, 41)
        ]
    assert min(values) >= problem.best - 1e-9
    assert problem.regret(problem.best) == 0
    assert problem.regret(problem.median) == 1


def test_the_surrogate_says_of_real_trainings_what_they_reached(
    repository: Path, problems: dict[str, Any]
) -> None:
    from benchmark_search_table import EPOCHS, TABLE, read  # type: ignore[import-not-found]
    from benchmark_search_training import curves  # type: ignore[import-not-found]

    rows = read(TABLE)
    assert TABLE.parent == repository / "scripts"
    assert len(rows) == 600
    real = np.array([100 - max(readings) for _, readings in rows])
    said = np.array([problems["training"].value(point) for point, _ in rows])
    assert np.corrcoef(np.log(real), np.log(said))[0, 1] > 0.9
    assert {len(readings) for _, readings in rows} == {EPOCHS}
    assert min(curves().errors(rows[0][0])) == problems["training"].value(rows[0][0])


def test_both_tables_have_the_same_random_configurations(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(repository / "scripts"))
    import benchmark_search_table as table

    few, whole = table.read(table.TABLE), table.read(table.WHOLE_TABLE)
    assert len(few) == len(whole) == 600
    assert [point for point, _ in few[: table.RANDOM]] == [point for point, _ in whole[: table.RANDOM]]
    accuracies = [np.array([max(readings) for _, readings in rows[: table.RANDOM]]) for rows in (few, whole)]
    assert np.median(accuracies[1] - accuracies[0]) > 1.0, "five times the images are worth something"
    assert None not in table.read_tests(table.WHOLE_TABLE)


def test_a_rule_that_stops_saves_epochs(repository: Path) -> None:
    command = [sys.executable, str(repository / "scripts" / "benchmark_search_stopping.py")]
    done = subprocess.run(
        [*command, "--orders", "2", "--seeds", "1", "--trials", "20"],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    shares = {line.split()[0]: float(line.split()[1].rstrip("%")) for line in lines[2:6]}
    assert lines[1].split() == ["rule", "epochs", "validation", "test"]
    assert lines[2].split() == ["none", "100.0%", "0.000", "±", "0.000", "0.000", "±", "0.000"]
    assert shares["none"] == 100
    assert shares["hyperband"] < 45
    assert lines[-1].startswith("after 180 epochs: ")


def test_what_stopping_loses_is_told_by_validation_and_by_test_images(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two trainings of three epochs; hyperband (bands 1 and 3) stops the second after one.

    At band 1 the losses are -70 and -60, the bar sorted[int(2 / 3)] = -70. The second would have been at 90
    in the end, the first is at 80: 10 points lost on validation. Kept are the weights of the first after two
    epochs, with 78 on the test images, where the second's third has 77: there the stopping gains a point.
    """
    monkeypatch.syspath_prepend(str(repository / "scripts"))
    import benchmark_search_stopping as stopping  # type: ignore[import-not-found]
    import benchmark_search_table as table

    point = table.SPACE.sample(np.random.default_rng(0))
    rows = [(point, [70.0, 80.0, 75.0]), (point, [60.0, 65.0, 90.0])]
    file = tmp_path / "table.csv"
    table.write(file, rows, [[69.0, 78.0, 78.0], [59.0, 64.0, 77.0]])
    # Always in the order of the table.
    monkeypatch.setattr(stopping.np.random, "default_rng", lambda seed: _InOrder())
    monkeypatch.setattr(stopping, "IN_A_SWEEP", 2)
    lines = {line.split()[0]: line.split()[1:] for line in stopping.saved(file, 2)[2:]}
    assert lines["hyperband"] == ["66.7%", "10.000", "±", "0.000", "-1.000", "±", "0.000"]
    table.write(file, rows, [[69.0, 78.0, 78.0], None])
    assert table.read_tests(file) == [[69.0, 78.0, 78.0], None]
    assert table.read(file)[1][1] == [60.0, 65.0, 90.0]
    # Without the test accuracy of one of the two there is nothing to compare, and the line says so.
    lines = {line.split()[0]: line for line in stopping.saved(file, 2)[2:]}
    assert lines["hyperband"].endswith("-  in 0 of 2 orders")


class _InOrder:
    def permutation(self, count: int) -> Any:
        return np.arange(count)


def run(repository: Path, *arguments: str) -> str:
    command = [sys.executable, str(repository / "scripts" / "benchmark_search.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_table_and_going_on(repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    arguments = ["--problems", "branin", "--evaluations", "14", "--agents", "2", "--json", str(file)]
    engines = ["--engines", "random", "swatch gp", "TPE"]
    table = run(repository, "--seeds", "2", *arguments, *engines).splitlines()
    assert "after 14 evaluations, 2 at a time, mean and standard error of 2 seeds" in table[0]
    assert table[1].split() == ["branin"]
    assert [line.split(" ±")[0].rstrip("0123456789. ") for line in table[2:]] == [
        "random",
        "swatch gp",
        "TPE",
    ]
    first = json.loads(file.read_text())
    assert len(first) == 6
    assert {len(result["values"]) for result in first if result["engine"] != "random"} == {14}
    run(repository, "--seeds", "3", *arguments, *engines)
    again = json.loads(file.read_text())
    # Not even the times of the old ones have changed: they were not run again.
    assert again[:6] == first
    assert [result["seed"] for result in again[6:]] == [2, 2, 2]


def test_what_is_not_installed_is_left_out(repository: Path) -> None:
    table = run(
        repository, "--problems", "branin", "--seeds", "1", "--evaluations", "5", "--engines", "random", "W&B"
    )
    assert table.startswith("W&B is left out: sweeps is not installed here")
