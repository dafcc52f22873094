"""Sweeps that look like real ones, made of formulas: for tests of reports and tables."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from swatch.sweep.records import SweepRecord, TrialRecord, TrialState
from swatch.sweep.space.quoting import override

CLASSES = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

IDEAL_EXPONENTS = {"sgd": -0.9, "momentum": -1.6, "adam": -2.7}

PARAMETERS: dict[str, Any] = {
    "optimizer": {"values": ["sgd", "momentum", "adam"]},
    "optimizer.learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.3},
    "optimizer.beta1": {"values": [0.8, 0.9, 0.95]},
    "batch_size": {"values": [32, 64, 128]},
    "model.hidden_sizes": {"values": [[128], [256, 128], [512, 256]]},
    "model.dropout": {"distribution": "uniform", "min": 0.0, "max": 0.5},
    "model.activation": {"values": ["relu", "tanh"]},
    "epochs": {"value": 10},
}

YAML = """name: bayes-mlp
method: bayes
metric: {name: val/accuracy, goal: maximize}
parameters:
  optimizer: {values: [sgd, momentum, adam]}
  optimizer.learning_rate: {distribution: log_uniform_values, min: 0.0001, max: 0.3}
"""


def make_sweep(**changes: Any) -> SweepRecord:
    sweep = SweepRecord(
        id="bayes-mlp-7f3a",
        yaml=YAML,
        overrides=("data.limit=10000",),
        seed=0,
        method="bayes",
        metric="val/accuracy",
        goal="maximize",
        count=None,
        state="finished",
        created=START,
        parameters=PARAMETERS,
    )
    return replace(sweep, **changes)


def make_trials(number: int, *, epochs: int = 10, seed: int = 0, stopping: bool = True) -> list[TrialRecord]:
    """Return trials of a search that slowly gets better, some stopped early, a few failed."""
    rng = np.random.default_rng(seed)
    return [_trial(index, number, epochs, rng, stopping) for index in range(number)]


def _point(index: int, number: int, rng: np.random.Generator) -> dict[str, Any]:
    learned = min(1.0, index / max(number * 0.6, 1)) if rng.random() > 0.2 else 0.0
    optimizer = str(rng.choice(["sgd", "momentum", "adam"], p=[(1 - learned) / 3, 1 / 3, (1 + learned) / 3]))
    exponent = rng.uniform(-4, -0.52) * (1 - learned) + learned * rng.normal(-2.7, 0.25)
    point = {
        "optimizer": optimizer,
        "optimizer.learning_rate": float(10 ** np.clip(exponent, -4, -0.52)),
        "batch_size": int(rng.choice([32, 64, 128])),
        "model.hidden_sizes": [[128], [256, 128], [512, 256]][int(rng.integers(3))],
        "model.dropout": float(rng.uniform(0, 0.5)),
        "model.activation": str(rng.choice(["relu", "tanh"])),
        "epochs": 10,
    }
    if optimizer == "adam":
        point["optimizer.beta1"] = float(rng.choice([0.8, 0.9, 0.95]))
    return point


def _quality(point: dict[str, Any], rng: np.random.Generator) -> float:
    distance = math.log10(point["optimizer.learning_rate"]) - IDEAL_EXPONENTS[point["optimizer"]]
    score = 0.893 - 0.016 * distance**2 - 0.02 * (point["model.dropout"] - 0.15) ** 2
    score -= 0.004 if point["model.activation"] == "tanh" else 0.0
    score += 0.003 * len(point["model.hidden_sizes"]) - 0.006
    return float(np.clip(score + rng.normal(0, 0.0025), 0.1, 0.95))


def _trial(index: int, number: int, epochs: int, rng: np.random.Generator, stopping: bool) -> TrialRecord:
    point = _point(index, number, rng)
    quality = _quality(point, rng)
    diverges = point["optimizer.learning_rate"] > 10 * 10 ** IDEAL_EXPONENTS[point["optimizer"]]
    stops = stopping and quality < 0.87 and epochs > 3
    length = 2 if diverges else max(1, epochs // 3) if stops else epochs
    pace = rng.uniform(1.2, 2.5)
    history = [_record(epoch, quality, pace, rng) for epoch in range(1, length + 1)]
    if diverges:
        history[-1]["train/loss"] = history[-1]["val/loss"] = float("nan")
    accuracies = [record["val/accuracy"] for record in history]
    best = int(np.argmax(accuracies))
    state = TrialState.FAILED if diverges else TrialState.STOPPED if stops else TrialState.FINISHED
    reason = None
    if diverges:
        reason = "diverged: loss is nan at epoch 2, step 812"
    elif stops:
        reason = f"hyperband: best {accuracies[-1]:.4f} after {length} epochs is below the threshold 0.8712"
    started = START + timedelta(seconds=11.5 * (index // 2))
    return TrialRecord(
        number=index,
        point=point,
        point_key=f"key-{index}",
        run_id=f"bayes-mlp-7f3a-{index:04d}",
        seed=1000 + index,
        state=state,
        reason=reason,
        attempts=1,
        history=history,
        summary={
            "status": state.value,
            "best": {"epoch": best + 1, **history[best]},
            "confusion_matrix": {"labels": CLASSES, "counts": confusion_counts(accuracies[best], index)},
        },
        objective=None if diverges else accuracies[best],
        started=started,
        ended=started + timedelta(seconds=float(length * rng.uniform(0.9, 2.2))),
        agent="agent-0",
        decision=None if diverges or epochs <= 3 else _decision(stops, reason, accuracies),
        overrides=("data.limit=10000", *(override(key, value) for key, value in point.items())),
    )


def _decision(stops: bool, reason: str | None, accuracies: list[float]) -> dict[str, Any]:
    band = 3
    return {
        "stop": stops,
        "reason": reason or f"hyperband, band {band}: at least as good as 0.8712",
        "band": band,
        "threshold": 0.8712,
        "value": max(accuracies[:band]),
    }


def _record(epoch: int, quality: float, pace: float, rng: np.random.Generator) -> dict[str, Any]:
    gone = math.exp(-pace * epoch**0.7)
    accuracy = quality - (quality - 0.1) * 0.6 * gone + rng.normal(0, 0.001)
    train = accuracy + 0.004 * epoch * quality
    return {
        "epoch": epoch,
        "step": epoch * 844,
        "train/loss": float(-math.log(min(train, 0.99)) * 2),
        "train/accuracy": float(min(train, 0.999)),
        "val/loss": float(-math.log(accuracy) * 2.4),
        "val/accuracy": round(float(accuracy), 6),
        "learning_rate": 0.002 * (1 + math.cos(math.pi * epoch / 10)) / 2,
        "seconds": float(rng.uniform(0.9, 1.1)),
        "samples_per_second": float(rng.uniform(45e3, 60e3)),
    }


def confusion_counts(accuracy: float, seed: int, per_class: int = 600) -> list[list[int]]:
    """Return counts (10, 10) in which shirts are taken for other tops, as in life."""
    rng = np.random.default_rng(seed)
    likeness = np.full((10, 10), 0.02)
    tops, shoes = [0, 2, 4, 6], [5, 7, 9]
    for group, strength in ((tops, 0.6), (shoes, 0.25)):
        likeness[np.ix_(group, group)] = strength
    likeness[6] *= 3
    likeness[3, [0, 4, 6]] = 0.25
    np.fill_diagonal(likeness, 0)
    wrong = likeness / likeness.sum() * (1 - accuracy) * per_class * 10
    counts = rng.poisson(wrong)
    counts[np.diag_indices(10)] = np.maximum(per_class - counts.sum(axis=1), 0)
    return counts.tolist()
