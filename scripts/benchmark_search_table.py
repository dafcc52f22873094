#!/usr/bin/env python3
"""Make the table of real trainings that the problem "training" of ``benchmark_search.py`` rests on.

    python scripts/benchmark_search_table.py [--trainings N] [--csv FILE]

Every row is one training of a network of ours on 10,000 images of Fashion-MNIST for 9 epochs: nine
parameters, and the validation accuracy in percent (of 5,000 other images) after every epoch. The first two
thirds of the rows are random configurations. The others are copies of the best fifth of those, each with
about three of the parameters drawn anew, so that good configurations, which are what searches look for, are
not known from a handful of points alone. No search of ours or of others had a say in it.

A training that diverges has the accuracy of chance from then on. The file is written after every training and
rows that are in it are not trained again. 600 trainings take about ten minutes of one core.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from swatch.sweep.distributions import parse_parameter
from swatch.sweep.records import Point
from swatch.sweep.space.search_space import SearchSpace

TABLE = Path(__file__).with_name("benchmark_search_table.csv")
EPOCHS = 9
CHANCE = 10.0
FIXED = ("data.limit=15000", "data.validation_fraction=0.333333", f"epochs={EPOCHS}")

PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "optimizer": {"values": ["adam", "momentum", "rmsprop"]},
    "optimizer.learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.3},
    "optimizer.weight_decay": {"distribution": "log_uniform_values", "min": 1e-6, "max": 0.1},
    "scheduler": {"values": ["constant", "cosine", "one_cycle"]},
    "batch_size": {"values": [32, 64, 128, 256]},
    "model.depth": {"min": 1, "max": 4},
    "model.width": {"values": [16, 32, 64, 128, 192]},
    "model.activation": {"values": ["relu", "tanh", "elu", "sigmoid"]},
    "model.dropout": {"min": 0.0, "max": 0.6},
}
"""As in a sweep's YAML."""

SPACE = SearchSpace({key: parse_parameter(entry) for key, entry in PARAMETERS.items()})
READINGS = [f"epoch {number}" for number in range(1, EPOCHS + 1)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trainings", type=int, default=600)
    parser.add_argument("--csv", type=Path, default=TABLE)
    options = parser.parse_args(arguments)
    rows = read(options.csv) if options.csv.exists() else []
    start = time.process_time()
    for index in range(len(rows), options.trainings):
        point = configuration(index, 2 * options.trainings // 3, rows)
        rows.append((point, readings(point, index)))
        write(options.csv, rows)
    print(f"{len(rows)} trainings; {time.process_time() - start:.0f} CPU seconds")


Row = tuple[Point, list[float]]
"""A configuration and its validation accuracies."""


def configuration(index: int, drawn: int, rows: Sequence[Row]) -> Point:
    """Return configuration ``index``; those from ``drawn`` on vary the best fifth of the ones before it."""
    rng = np.random.default_rng(np.random.SeedSequence([2026, index]))
    point = SPACE.sample(rng)
    if index < drawn:
        return point
    best = sorted(rows[:drawn], key=lambda row: -max(row[1]))[: drawn // 5]
    parent = best[int(rng.integers(len(best)))][0]
    return {key: point[key] if rng.random() < 1 / 3 else parent[key] for key in point}


def readings(point: Mapping[str, Any], seed: int) -> list[float]:
    """Train and return the validation accuracy in percent after every epoch."""
    from swatch.compose import compose
    from swatch.training.assembly import assemble
    from swatch.training.data_cache import prepare_data

    composition = compose([*FIXED, f"seed={seed}", *(f"{key}={value}" for key, value in point.items())])
    trainer = assemble(composition, prepare_data(composition))
    trainer.run()
    found = [100 * float(record["val/accuracy"]) for record in trainer.history]
    found = [round(value, 2) if np.isfinite(value) else CHANCE for value in found]
    return found + [CHANCE] * (EPOCHS - len(found))


def read(path: Path) -> list[Row]:
    """Return the rows of a table."""
    with path.open(newline="") as file:
        return [
            (
                {key: _value(line[key]) for key in PARAMETERS},
                [float(line[name]) for name in READINGS],
            )
            for line in csv.DictReader(file)
        ]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write a table, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    with draft.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*PARAMETERS, *READINGS])
        for point, values in rows:
            writer.writerow([*(point[key] for key in PARAMETERS), *values])
    draft.replace(path)


if __name__ == "__main__":
    main()
