"""The points that the server gives out."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from wandb_server import points

SHIPPED = sorted((Path(__file__).parents[2] / "sweeps").glob("*.yaml"))


def drawn(parameter: dict[str, Any], count: int = 2000) -> list[Any]:
    source = random.Random(1)
    return [points.draw({"x": parameter}, source)["x"] for _ in range(count)]


@pytest.mark.parametrize(
    ("parameter", "low", "high", "mean"),
    [
        ({"value": 3}, 3, 3, 3),
        ({"values": [1, 2, 3]}, 1, 3, 2),
        ({"values": [0, 1], "probabilities": [0.9, 0.1]}, 0, 1, 0.1),
        ({"min": 1, "max": 3}, 1, 3, 2),
        ({"min": 0.0, "max": 2.0}, 0, 2, 1),
        ({"distribution": "log_uniform_values", "min": 0.01, "max": 1.0}, 0.01, 1, 0.215),
        ({"distribution": "log_uniform", "min": -2, "max": 0}, 0.13, 1, 0.43),
        ({"distribution": "q_uniform", "min": 64, "max": 512, "q": 64}, 64, 512, 288),
        ({"distribution": "q_log_uniform_values", "min": 1, "max": 64, "q": 4}, 1, 64, 15.1),
        ({"distribution": "normal", "mu": 5, "sigma": 0.1}, 4, 6, 5),
        ({"distribution": "log_normal", "mu": 0, "sigma": 0.1}, 0.5, 2, 1),
        ({"distribution": "inv_log_uniform_values", "min": 0.1, "max": 0.9}, 0.1, 0.9, 0.64),
        ({"distribution": "beta", "a": 2, "b": 8}, 0, 1, 0.2),
    ],
)
def test_draws(parameter: dict[str, Any], low: float, high: float, mean: float) -> None:
    values = drawn(parameter)
    assert low <= min(values) <= max(values) <= high
    assert sum(values) / len(values) == pytest.approx(mean, rel=0.1)


def test_whole_numbers_and_steps_stay_so() -> None:
    assert set(drawn({"min": 1, "max": 3})) == {1, 2, 3}
    assert set(drawn({"distribution": "q_uniform", "min": 64, "max": 256, "q": 64})) == {64, 128, 192, 256}


def test_nested_parameters_are_nested_values() -> None:
    parameters = {"m": {"parameters": {"a": {"values": [1, 2]}, "b": {"value": "x"}}}, "c": {"value": None}}
    assert points.grid(parameters) == [
        {"m": {"a": 1, "b": "x"}, "c": None},
        {"m": {"a": 2, "b": "x"}, "c": None},
    ]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_sweeps(path: Path) -> None:
    sweep = yaml.safe_load(path.read_text())
    point = points.draw(sweep["parameters"], random.Random(1))
    assert set(point) == set(sweep["parameters"])
    if sweep["method"] == "grid":
        assert len(points.grid(sweep["parameters"])) == 18
