"""Configs as experiment files: whatever was overridden, `experiment=NAME` composes to the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from swatch.compose import compose
from swatch.compose.experiment import experiment_name, experiment_text, write_experiment
from swatch.errors import UserError
from swatch.sweep.space.quoting import override


def write(overrides: list[str], folder: Path, **options: Any) -> Path:
    path = folder / "conf" / "experiment" / "found.yaml"
    write_experiment(compose(overrides, project=folder), ["Where it is from."], path, **options)
    return path


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["epochs=3", "batch_size=16.0", "optimizer.learning_rate=1e-05"],
        ["optimizer=momentum", "optimizer.momentum=0.95", "scheduler=cosine", "model=cnn"],
        ["model.hidden_sizes=[]", "model.hidden_sizes=[64,32]", "run.tags=[a, '1e5', 'yes', 'null', ': #']"],
        ["training.early_stopping.patience=null", "training.gradient_clipping.norm=null", "data.limit=null"],
        ["experiment=best_cnn", "batch_size=32", "optimizer=adam", "optimizer.learning_rate=0.5"],
        ["training.monitor=val/loss", "training.goal=maximize"],
        ["data=csv", "data.file=/some/where.csv", "data.class_names=[a,b]"],
        ["tracking.project=mine", "tracking.mode=offline", "run.name='{optimizer}_{seed}'"],
        ["data.checksums=null"],
        ["data.checksums={}"],
        ["run={notes: 'a, b', tags: [x]}"],
        ["seed=18446744073709551616"],
    ],
    ids=str,
)
def test_an_experiment_composes_to_the_same(overrides: list[str], tmp_path: Path) -> None:
    wanted = compose(overrides).plain
    write(overrides, tmp_path)
    assert compose(["experiment=found"], project=tmp_path).plain == wanted


# What one YAML reader or another takes for a number, a truth value, a date, null, or its own signs.
TEXTS = [
    *("1e5", "1_000", "0x1f", "012", "1:30", "yes", "Null", "~", "", " ", "2020-01-01", ".inf", "nan"),
    *("a: b", "# no comment", "- item", "[1, 2]", "{a: 1}", "it's", 'say "so"', "back\\slash\\", "&a *b !c"),
    *("ends in space ", "line\nbreak", "tab\there", "é ü 服", "\u2028 \u0085", "%d @x `y`", "a=b,c=d"),
]


def test_texts_stay_texts(tmp_path: Path) -> None:
    composition = compose([override("run.tags", TEXTS), override("run.notes", "1e5")], project=tmp_path)
    write_experiment(composition, [], tmp_path / "conf" / "experiment" / "found.yaml")
    found = compose(["experiment=found"], project=tmp_path).plain["run"]
    assert found["tags"] == TEXTS and found["notes"] == "1e5"


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    text = write(["optimizer=sgd", "epochs=7", "model.hidden_sizes=[8]"], tmp_path).read_text()
    assert text == (
        "# @package _global_\n# Where it is from.\ndefaults:\n  - override /optimizer: sgd\n"
        "\nmodel:\n  hidden_sizes: [8]\nepochs: 7\n"
    )


def test_a_projects_own_choices_are_named(tmp_path: Path) -> None:
    (tmp_path / "conf" / "optimizer").mkdir(parents=True)
    (tmp_path / "conf" / "optimizer" / "mine.yaml").write_text(
        "_target_: swatch.optim.sgd.SGD\nlearning_rate: 0.25\nweight_decay: 0.0\n"
    )
    path = write(["optimizer=mine", "optimizer.weight_decay=0.5"], tmp_path)
    assert "override /optimizer: mine" in path.read_text() and "0.25" not in path.read_text()
    assert compose(["experiment=found"], project=tmp_path).plain["optimizer"]["learning_rate"] == 0.25


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    path = write(["epochs=3"], tmp_path)
    with pytest.raises(UserError, match=r"found\.yaml exists already; another name keeps it, --force"):
        write(["epochs=4"], tmp_path)
    assert "epochs: 3" in path.read_text()
    write(["epochs=4"], tmp_path, replace=True)
    assert "epochs: 4" in path.read_text()


def test_what_a_file_cannot_say_is_refused_and_not_written(tmp_path: Path) -> None:
    # A key that is taken away: a file only adds to the defaults.
    path = write(["epochs=3"], tmp_path)
    before = path.read_text()
    with pytest.raises(
        UserError, match=r"cannot say this config \(.*dropout would differ\); nothing is written"
    ):
        write(["~model.dropout"], tmp_path, replace=True)
    assert path.read_text() == before
    path.unlink()
    with pytest.raises(UserError, match="nothing is written"):
        write(["~model.dropout"], tmp_path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("best.yaml", "write --export conf/experiment/best.yaml"),
        ("conf/experiment/best", "write --export conf/experiment/best.yaml"),
        ("conf/model/best.yaml", "write --export conf/experiment/best.yaml"),
        ("conf/experiment/so so.yaml", "has letters, digits"),
    ],
)
def test_other_places_are_refused(path: str, problem: str) -> None:
    with pytest.raises(UserError, match=re.escape(problem)):
        experiment_name(Path(path))


def test_the_same_config_gives_the_same_text() -> None:
    composition = compose(["optimizer=sgd", "epochs=2"])
    assert experiment_text(composition) == experiment_text(composition)
