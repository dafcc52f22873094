"""The network's page: its code runs as it stands, and it names every choice that there is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from entries import CONF
from swatch import nn
from swatch.nn import initializers
from swatch.nn.gain import gain
from swatch.optim.optimizer import Optimizer

PAGE = Path(__file__).resolve().parent.parent / "docs" / "network.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_its_code_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "notebook"}
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), names)
    shown = capsys.readouterr().out
    found = re.search(r"([\d.]+)% of unseen digits", shown)
    assert found is not None and float(found[1]) > 88
    assert "(5, 10)" in shown
    kind = names["SignSGD"]
    assert isinstance(kind, type) and issubclass(kind, Optimizer)
    optimizer, network = kind(learning_rate=0.5), names["network"]
    optimizer.bind(network.parameters)  # type: ignore[attr-defined]
    values, gradients = network.parameters.values, network.parameters.gradients  # type: ignore[attr-defined]
    expected = values - np.float32(0.5) * np.sign(gradients)
    optimizer.step(values, gradients)
    np.testing.assert_array_equal(values, expected)


def table_under(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, each as its cells."""
    section = TEXT.split(f"\n### {heading}\n")[1].split("\n### ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    assert rows
    return rows


# What is added later need not stand on the page; what stands there is there.
@pytest.mark.parametrize(
    ("heading", "group"),
    [
        *(("Models", "model"), ("Losses", "loss"), ("Optimizers", "optimizer"), ("Schedules", "scheduler")),
        ("Augmentations", "augmentation"),
    ],
)
def test_the_choices_that_it_names_are_there(heading: str, group: str) -> None:
    choices = {path.stem for path in (CONF / group).glob("*.yaml")}
    if group == "augmentation":
        named = set(re.findall(r"`(\w+)`", TEXT.split("\n### Augmentations\n")[1].split("Each works")[0]))
    else:
        named = {name for row in table_under(heading) for name in re.findall(r"`(\w+)`", row[0])}
    assert len(named) > 2 and named <= choices


def test_activations_initializers_and_layers_that_it_names_are_there() -> None:
    for name, _, factor in table_under("Activations"):
        assert factor == f"{gain(name.strip('`')):.2f}", name
    section = TEXT.split("\n### Initial weights\n")[1].split("\n### ")[0]
    named = set(re.findall(r"`([a-z_]+)`", section))
    assert len(named) > 5 and named <= set(initializers.names())
    classes = [name for row in table_under("Layers") for name in re.findall(r"`(\w+)`", row[0])]
    assert len(classes) > 8 and all(hasattr(nn, name) for name in classes)


def test_it_shows_a_short_run_of_every_model() -> None:
    shown = re.findall(r"experiment=(\w+)", TEXT)
    assert {"quick", *(f"quick_{name}" for name in ("logistic", "cnn", "alexnet"))} <= set(shown)
    assert all((CONF / "experiment" / f"{name}.yaml").exists() for name in shown)
