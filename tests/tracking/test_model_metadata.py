"""What is said of a model's file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from swatch.compose import compose
from swatch.tracking.model_metadata import model_metadata

BEST = {
    "epoch": 7,
    "step": 70,
    "train/loss": 0.2,
    "val/accuracy": 0.9,
    "norm/weight/linear1": 3.0,
    "learning_rate": 0.001,
    "seconds": 1.5,
    "samples_per_second": 5e4,
    "timestamp": 1.8e9,
}
SUMMARY = {"run_id": "r", "name": "n", "monitor": "val/accuracy", "goal": "maximize", "best": BEST}


def test_config_and_metrics() -> None:
    config = {
        "optimizer": {"learning_rate": 1e-05, "limit": None},
        "seed": 3,
        "notes": None,
        "paths": {"runs": "/somewhere"},
        "tracking": {"entity": "someone"},
    }
    assert model_metadata(config, {**SUMMARY, "parameters": 12, "confusion_matrix": {}, "timings": {}}) == {
        "run_id": "r",
        "name": "n",
        "monitor": "val/accuracy",
        "goal": "maximize",
        "parameters": 12,
        "epoch": 7,
        "metrics": {"train/loss": 0.2, "val/accuracy": 0.9, "learning_rate": 0.001},
        "config": {"optimizer": {"learning_rate": 1e-05}, "seed": 3},
    }


def test_a_run_without_an_epoch() -> None:
    assert model_metadata({"seed": 1}, {"run_id": "r", "best": None}) == {
        "run_id": "r",
        "config": {"seed": 1},
    }


@pytest.mark.parametrize("name", sorted(p.stem for p in Path(__file__).parents[2].glob("conf/model/*.yaml")))
def test_it_fits_into_what_wandb_keeps(name: str) -> None:
    metadata = model_metadata(compose([f"model={name}"]).plain, {**SUMMARY, "parameters": 1, "seed": 0})
    assert count(metadata) <= 100
    assert json.loads(json.dumps(metadata)) == metadata


def count(values: Mapping[str, Any]) -> int:
    return sum(1 + (count(value) if isinstance(value, Mapping) else 0) for value in values.values())
