"""The network's page: its code runs as it stands, and it names every choice that there is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from entries import CONF
from swatch.nn import activation, initializers
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


@pytest.mark.parametrize("group", ["model", "loss", "optimizer", "scheduler", "augmentation"])
def test_it_names_every_choice(group: str) -> None:
    choices = {path.stem for path in (CONF / group).glob("*.yaml")} - {"none"}
    assert len(choices) > 2
    assert {name for name in choices if f"`{name}`" not in TEXT} == set()


def test_it_shows_a_short_run_of_every_model() -> None:
    for path in (CONF / "model").glob("*.yaml"):
        recipe = "quick" if path.stem == "mlp" else f"quick_{path.stem}"
        assert (CONF / "experiment" / f"{recipe}.yaml").exists()
        assert re.search(rf"experiment={recipe}\s", TEXT)


def test_it_names_every_activation_with_its_gain_and_every_initializer() -> None:
    for name in activation.names():
        assert re.search(rf"^\| `{name}` \|.*\| {gain(name):.2f} \|$", TEXT, re.MULTILINE), name
    for name in initializers.names():
        assert f"`{name}`" in TEXT
