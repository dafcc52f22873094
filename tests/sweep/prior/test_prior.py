"""Known points from files, runs and other sweeps, with the row in every error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from swatch.errors import UserError
from swatch.sweep.agent.trial import Trial
from swatch.sweep.api import run
from swatch.sweep.distributions import parse_parameter
from swatch.sweep.home import storage_of
from swatch.sweep.ledger import Ledger
from swatch.sweep.prior.known import KnownPoint
from swatch.sweep.prior.reading import Prior, read_prior
from swatch.sweep.pruners import Median
from swatch.sweep.restored import RestoredSweep
from swatch.sweep.space.search_space import SearchSpace

SPACE = SearchSpace(
    {
        "optimizer": parse_parameter({"values": ["adam", "sgd"]}),
        "optimizer.momentum": parse_parameter({"min": 0.0, "max": 1.0}),
        "rate": parse_parameter({"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0}),
        "sizes": parse_parameter({"values": [[64], [64, 64]]}),
        "depth": parse_parameter({"min": 1, "max": 4}),
        "epochs": parse_parameter({"value": 3}),
    },
    {"optimizer.momentum": {"optimizer": frozenset({"sgd"})}},
)
GOOD = {"optimizer": "adam", "rate": 0.01, "sizes": [64], "depth": 2}
SGD = {"optimizer": "sgd", "optimizer.momentum": 0.9, "rate": 0.01, "sizes": [64, 64], "depth": 3}


def read(
    *wanted: str | Path, home: Path = Path(), space: SearchSpace = SPACE, goal: str = "maximize"
) -> Prior:
    return read_prior([str(w) for w in wanted], space, metric="val/accuracy", goal=goal, home=home)


def written(folder: Path, text: str, name: str = "points.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


HEADER = "optimizer,optimizer.momentum,rate,sizes,depth,val/accuracy\n"


def test_a_table_of_points(tmp_path: Path) -> None:
    text = HEADER + 'adam,,1e-2,[64],2,0.8\n\nsgd, 0.9, 0.01, "[64, 64]", 3.0,\n'
    path = written(tmp_path, text)
    assert read(path).points == (KnownPoint(GOOD, 0.8, f"{path}:2"), KnownPoint(SGD, None, f"{path}:4"))
    assert type(read(path).points[1].point["depth"]) is int


def test_a_list_of_points_dotted_or_nested(tmp_path: Path) -> None:
    text = (
        "- {optimizer: adam, rate: 1e-2, sizes: [64], depth: 2, val/accuracy: 0.8, epochs: 3}\n"
        "- optimizer: sgd\n  optimizer.momentum: 0.9\n  rate: 0.01\n  sizes: [64, 64]\n  depth: 3\n"
    )
    path = written(tmp_path, text, "points.yaml")
    assert read(path).points == (KnownPoint(GOOD, 0.8, f"{path}:1"), KnownPoint(SGD, None, f"{path}:2"))
    nested = SearchSpace(
        {
            "model.width": parse_parameter({"min": 1, "max": 9}),
            "pair": parse_parameter({"values": [{"a": 1}, {"a": 2}]}),
        }
    )
    path = written(tmp_path, "- {model: {width: 3}, pair: {a: 2}}\n", "nested.yaml")
    assert [known.point for known in read(path, space=nested).points] == [
        {"model.width": 3, "pair": {"a": 2}}
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEADER, "", "there are no points in it"),
        (HEADER + "adam,,5,[64],2,0.8\n", ":2", "rate: 5 is not one of the sweep's values (0.0001 to"),
        (HEADER + "\nadm,,0.1,[64],2,0.8\n", ":3", "optimizer: 'adm' is not one of"),
        (HEADER + "adam,,0.1,[64],,0.8\n", ":2", "depth: it has no value"),
        (HEADER + "sgd,,0.1,[64],2,0.8\n", ":2", "optimizer.momentum: it has no value"),
        (HEADER + "adam,0.9,0.1,[64],2,0.8\n", ":2", "optimizer.momentum: it has no place beside"),
        (HEADER + "adam,,0.1,[64],2\n", ":2", "it has 5 cells, and the header 6"),
        (HEADER + "adam,,0.1,[64],2,good\n", ":2", "val/accuracy: a result is a finite number, not 'good'"),
        (HEADER + "adam,,0.1,[64],2,.nan\n", ":2", "not nan"),
        (HEADER.replace("depth", "dept") + "adam,,0.1,[64],2,0.8\n", ":2", "parameter 'dept'. Did you mean"),
        (HEADER.replace("depth", "rate") + "adam,,0.1,[64],2,0.8\n", ":1", "column 'rate' is there twice"),
        (HEADER.replace("val/acc", "epochs,val/acc") + "adam,,0.1,[64],2,4,0.8\n", ":2", "4 is not"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named(tmp_path: Path, text: str, line: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UserError) as caught:
        read(path)
    assert f"{path}{line}: " in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("rate: 0.1\n", ":1", "write a list of points"),
        ("- {optimizer: adam}\n- 3\n", ":1", "rate: it has no value"),
        ("- 3\n", ":1", "a point is a mapping"),
        ("- [\n", ":2", "not valid YAML"),
        ("- {optimizer: adam, rate: 0.1, sizes: [64], depth: 9}\n", ":1", "depth: 9 is not one of"),
    ],
)
def test_a_wrong_item_is_named(tmp_path: Path, text: str, line: str, words: str) -> None:
    path = written(tmp_path, text, "points.yaml")
    with pytest.raises(UserError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}{line}: ")
    assert words in str(caught.value)


def test_a_file_of_another_kind_and_nothing_at_all(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"one of \.csv, \.yaml, \.yml"):
        read(written(tmp_path, "", "points.json"))
    (tmp_path / "sweeps" / "quick-1").mkdir(parents=True)
    (tmp_path / "sweeps" / "quick-1" / "study.db").touch()
    with pytest.raises(
        UserError, match=r"there is no file, run or sweep of this name.*Did you mean 'quick-1'"
    ):
        read("quick-2", home=tmp_path)


def test_a_point_given_twice_keeps_its_result(tmp_path: Path) -> None:
    first = written(tmp_path, HEADER + "adam,,0.01,[64],2,\n", "a.csv")
    second = written(tmp_path, HEADER + "adam,,0.01,[64],2,0.7\nadam,,0.01,[64],2.0,0.6\n", "b.csv")
    assert read(first, second).points == (KnownPoint(GOOD, 0.7, f"{second}:2"),)


# Runs


def run_folder(home: Path, config: dict[str, Any], accuracies: list[float]) -> Path:
    folder = home / "run-1"
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    lines = [json.dumps({"epoch": n, "val/accuracy": value}) for n, value in enumerate(accuracies, 1)]
    (folder / "history.jsonl").write_text("\n".join(lines))
    return folder


def test_a_run_counts_with_its_best_epoch(tmp_path: Path) -> None:
    run_folder(tmp_path, {**GOOD, "epochs": 3, "other": {"deep": 1}}, [0.5, 0.8, float("nan"), 0.6])
    expected = KnownPoint(GOOD, 0.8, "run-1")
    assert read("run-1", home=tmp_path).points == read(tmp_path / "run-1").points == (expected,)
    assert read("run-1", home=tmp_path, goal="minimize").points[0].value == 0.5


@pytest.mark.parametrize(
    ("config", "accuracies", "words"),
    [
        (GOOD, [], "logged no finite 'val/accuracy'"),
        ({**GOOD, "depth": 7}, [0.5], "depth: 7 is not one of the sweep's values"),
        ({"optimizer": "adam"}, [0.5], "rate: it has no value"),
    ],
)
def test_a_run_that_is_of_no_use(
    tmp_path: Path, config: dict[str, Any], accuracies: list[float], words: str
) -> None:
    run_folder(tmp_path, config, accuracies)
    with pytest.raises(UserError, match=r"^--prior ") as caught:
        read(tmp_path / "run-1")
    assert words in str(caught.value)


# Sweeps, and a whole sweep with known points

SWEEP: dict[str, Any] = {
    "method": "grid",
    "metric": {"name": "val/accuracy", "goal": "maximize"},
    "parameters": {"x": {"values": [1, 2, 3, 4]}, "y": {"value": "a"}},
}
SMALL = SearchSpace({"x": parse_parameter({"min": 2, "max": 9}), "y": parse_parameter({"value": "a"})})


def train(parameters: dict[str, Any], trial: Trial) -> None:
    if parameters["x"] == 3:
        raise RuntimeError("three is not for us")
    for value in (0.1, 0.2, 0.1):
        trial.report({"val/accuracy": value * parameters["x"]})


def test_the_trials_of_another_sweep(tmp_path: Path) -> None:
    run(SWEEP, train, name="before", home=tmp_path, tracking="disabled")
    for wanted in ("before", tmp_path / "sweeps" / "before"):
        prior = read(wanted, home=tmp_path, space=SMALL)
        # 1 lies outside the new space, 3 failed.
        assert [(known.point, known.value) for known in prior.points] == [
            ({"x": 2}, pytest.approx(0.4)),
            ({"x": 4}, pytest.approx(0.8)),
        ]
        assert prior.points[0].source == "before, trial 1"
        assert prior.notices == (
            f"--prior {wanted}: 2 known points; 1 outside this sweep's space are left aside",
        )
    other = SearchSpace({"x": parse_parameter({"min": 5, "max": 9})})
    with pytest.raises(UserError, match="no trial of the sweep is of use here: all 3 lie outside"):
        read("before", home=tmp_path, space=other)
    with pytest.raises(UserError, match="none logged 'loss'"):
        read_prior(["before"], SMALL, metric="loss", goal="minimize", home=tmp_path)


def test_a_sweep_remembers_what_it_was_told(tmp_path: Path) -> None:
    """Options go into the ledger and come back as the same search and the same rule."""
    points = written(tmp_path, "x,val/accuracy\n2,0.4\n4,\n")
    given: dict[str, Any] = {"home": tmp_path, "tracking": "disabled", "name": "told"}
    run(
        {**SWEEP, "method": "random"},
        train,
        sampler="tpe",
        pruner="median:min_trials=2",
        prior=[points],
        **given,
    )
    ledger = Ledger(storage_of(tmp_path, "told", None))
    restored, trials = RestoredSweep.of(ledger.sweep("told")), ledger.trials("told")
    ledger.close()
    assert restored.search.method == "tpe"
    assert [known.value for known in restored.search.known] == [0.4, None]
    assert restored.rule == Median(min_trials=2)
    # 2 is known already, and 4 was to be tried first.
    assert trials[0].point == {"x": 4}
    assert sorted(trial.point["x"] for trial in trials) == [1, 3, 4]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sampler": "tpa"}, "Did you mean 'tpe'"),
        ({"pruner": "asha:eta=0"}, "eta must be a number above 1"),
        ({"prior": ["nowhere"]}, "no file, run or sweep"),
        ({"stop_gain": 0.1}, "this sweep's search is random"),
    ],
)
def test_nothing_is_written_for_a_wrong_option(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        run({**SWEEP, "method": "random"}, train, home=tmp_path, tracking="disabled", **options)
    assert not list(tmp_path.iterdir())
