"""Every choice composes and is checked for what its group asks; how the table of choices is printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from choices import Choice, all_choices
from choices_plugin import checks_of
from choices_table import ChecksTable
from swatch.compose import compose
from swatch.training.rehearsal import rehearse

TESTS = Path(__file__).resolve().parent

# What every choice of a group must be checked for, also one that is added; the others compose at least.
REQUIRED = {
    "model": {"config", "gradients", "overfits a batch", "described and built again", "trains, resumes"},
    "layer": {"gradients", "copies", "smaller batches", "described and built again", "bad shapes"},
    "activation": {"formula", "finite at ±10,000", "gain"},
    "initializer": {"mean and deviation", "seed", "scale"},
    "loss": {"config", "gradients", "labels", "empty batch", "trains, resumes"},
    "regularization": {"config", "gradients", "trains, resumes"},
    "optimizer": {
        "config",
        "reference trajectory",
        "converges",
        "state and copies",
        "float32 as float64",
        "weight decay",
        "trains, resumes",
    },
    "scheduler": {"config", "reference", "resumes", "pure, bounded", "trains, resumes"},
    "augmentation": {"config", "the seed decides", "shape and type", "training only", "trains, resumes"},
    "experiment": {"config", "trains"},
}


@pytest.mark.check("config")
def test_it_composes(config_choice: Choice) -> None:
    assert compose([config_choice.override]).choices[config_choice.group] == config_choice.name


@pytest.mark.check("config")
def test_it_can_be_built_before_a_run(part_choice: Choice) -> None:
    rehearse(compose([part_choice.override]))


def pytest_here(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as somebody would type it, in a terminal of 120 columns."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "check", *arguments]
    environment = {**os.environ, "COLUMNS": "120"}
    return subprocess.run(
        command, cwd=TESTS.parent, env=environment, capture_output=True, text=True, check=False
    )


def test_no_choice_is_without_its_checks(tmp_path: Path) -> None:
    """By what pytest collects, so that a mark that walks no table, or a table that walks no file, shows."""
    marked = [p for p in sorted(TESTS.rglob("test_*.py")) if "mark.check(" in p.read_text(encoding="utf-8")]
    file = tmp_path / "checks.json"
    done = pytest_here("--collect-only", "-n", "0", f"--choices-json={file}", *map(str, marked))
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text())
    assert {group: list(names) for group, names in found.items()} == all_choices()
    missing = {
        f"{group} {choice}": wanted
        for group, choices in found.items()
        for choice, checks in choices.items()
        if (wanted := (REQUIRED.get(group) or {"config"}) - checks.keys())
    }
    assert missing == {}
    for group, choices in found.items():
        table, headings = ChecksTable(), {check for checks in choices.values() for check in checks}
        for choice, checks in choices.items():
            for check in checks:
                table.expect((group, choice, check))
        words = set(table.render({group: list(choices)}, 120).split())
        assert {word for heading in headings for word in heading.split()} <= words, "no heading is cut"


def test_the_table_is_printed_from_several_processes() -> None:
    file = str(TESTS / "nn" / "test_initializers.py")
    done = pytest_here("--choices", "-n", "1", file)
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout.splitlines()
    (row,) = (line.split() for line in printed if line.split()[:1] == ["xavier_uniform"])
    assert row[1:] == ["passed"] * 4
    assert max(map(len, printed)) <= 120
    assert "8 choices, 32 checks: 32 passed" in printed


def test_the_table_tells_what_failed_what_did_not_run_and_what_is_not_checked() -> None:
    table, adam, sgd = ChecksTable(), ("optimizer", "adam", "state"), ("optimizer", "sgd", "state")
    for check in (adam, sgd, ("optimizer", "sgd", "speed")):
        table.expect(check)
    # Of several tests of one check the worst counts, whatever comes after it; a skipped one says nothing.
    for outcome in ("passed", "failed", "passed"):
        table.record(adam, outcome)
    table.record(sgd, "not run", "too large")
    printed = table.render({"optimizer": ["adam", "lion", "sgd"], "loss": ["quadratic"]}, 60)
    rows = [" ".join(line.split()) for line in printed.splitlines()]
    assert {"adam failed -", "lion - -", "sgd not run not run"} <= set(rows)
    assert rows[-2:] == ["not run of sgd: too large", "2 choices, 3 checks: 1 failed, 2 not run"]
    assert not any("quadratic" in row for row in rows)
    assert json.loads(table.as_json({"loss": ["quadratic"]})) == {"loss": {"quadratic": {}}}


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"optimizer": "adma"}, "test_it checks optimizer 'adma', which does not exist"),
        ({"optimizer": ["adam", "sdg"]}, "checks optimizer 'sdg', which does not exist"),
        ({"optimiser": "adam"}, "checks optimiser 'adam', which does not exist"),
        ({}, "test_it does not say of which choice it checks 'speed'"),
    ],
)
def test_a_mark_that_means_nothing_is_refused(named: dict[str, Any], message: str) -> None:
    mark = pytest.mark.check("speed", **named).mark
    item: Any = SimpleNamespace(nodeid="test_it", iter_markers=lambda name: [mark])
    with pytest.raises(pytest.UsageError, match=message):
        list(checks_of(item))
