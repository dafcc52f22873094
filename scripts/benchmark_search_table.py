#!/usr/bin/env python3
"""Make the table of real trainings that the problem "training" of ``benchmark_search.py`` rests on.

    python scripts/benchmark_search_table.py [--trainings N] [--random N] [--epochs N] [--csv FILE] ...

Every row is one training of a network of ours on 10,000 images of Fashion-MNIST for 9 epochs: nine
parameters, and the validation accuracy in percent (of 5,000 other images) after every epoch. The first 400
of the rows are random configurations. The others are copies of the best fifth of those, each with
about three of the parameters drawn anew, so that good configurations, which are what searches look for, are
not known from a handful of points alone. No search of ours or of others had a say in it.

``--epochs 27 --trainings 450 --random 300 --csv FILE`` makes a table of longer trainings, for
``benchmark_search_stopping.py --csv FILE --random 300``. ``--whole`` makes one of trainings on all of
Fashion-MNIST, 54,000 images to train and 6,000 to validate: ``benchmark_search_table_whole.csv``. The random
configurations of all three are the same ones.

The columns ``test N`` have what chose nothing: the accuracy in percent, on the 10,000 test images, of the
weights that were best on the validation images in the first N epochs. In the short table only the best random
configurations have them, since no other one wins: ``--tests N`` trained those again, which gives the same
validation accuracies to the last digit.

A training that diverges has the accuracy of chance from then on. The file is written after every training and
rows that are in it are not trained again. 600 trainings take about ten minutes of one core.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from swatch.sweep.distributions import parse_parameter
from swatch.sweep.records import Point
from swatch.sweep.space.search_space import SearchSpace
from swatch.training.callbacks.base import Callback
from swatch.training.validation import validate

if TYPE_CHECKING:
    from swatch.data.batches import Batches
    from swatch.training.trainer import Trainer

TABLE = Path(__file__).with_name("benchmark_search_table.csv")
WHOLE_TABLE = Path(__file__).with_name("benchmark_search_table_whole.csv")
EPOCHS = 9
RANDOM = 400
CHANCE = 10.0
FEW_IMAGES = ("data.limit=15000", "data.validation_fraction=0.333333")

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


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trainings", type=int, default=600)
    parser.add_argument("--random", type=int, default=RANDOM, help="so many of them, the first ones")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--whole", action="store_true", help="train on all of Fashion-MNIST's images")
    parser.add_argument("--csv", type=Path, help=f"{TABLE.name}, or with --whole {WHOLE_TABLE.name}")
    parser.add_argument(
        "--tests", type=int, default=0, help="of the best random configurations, trained again"
    )
    options = parser.parse_args(arguments)
    path = options.csv or (WHOLE_TABLE if options.whole else TABLE)
    images = () if options.whole else FEW_IMAGES
    rows = read(path) if path.exists() else []
    tests = read_tests(path) if path.exists() else []
    if rows and len(rows[0][1]) != options.epochs:
        parser.error(
            f"{path} has trainings of {len(rows[0][1])} epochs, not {options.epochs}; name another --csv"
        )
    drawn = options.random
    start = time.process_time()
    for index in range(len(rows), options.trainings):
        point = configuration(index, drawn, rows)
        found, tested = readings(point, index, options.epochs, images)
        rows.append((point, found))
        tests.append(tested)
        write(path, rows, tests)
    best = sorted(range(min(drawn, len(rows))), key=lambda index: -max(rows[index][1]))[: options.tests]
    for index in (index for index in best if tests[index] is None):
        again, tests[index] = readings(rows[index][0], index, options.epochs, images)
        if again != rows[index][1]:
            sys.exit(f"row {index} of {path} was trained by another program: it gives {again} now")
        write(path, rows, tests)
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


def readings(
    point: Mapping[str, Any], seed: int, epochs: int, images: Sequence[str]
) -> tuple[list[float], list[float]]:
    """Train and return two accuracies in percent after every epoch; ``images`` says on which, as overrides.

    The first is that on the validation images, the second that of the best weights so far on the test images.
    """
    from swatch.compose import compose
    from swatch.data.batches import Batches
    from swatch.training.assembly import assemble
    from swatch.training.data_cache import prepare_data

    fixed = (*images, f"epochs={epochs}", f"seed={seed}")
    composition = compose([*fixed, *(f"{key}={value}" for key, value in point.items())])
    data = prepare_data(composition)
    trainer = assemble(composition, data)
    data.source.prepare(test=True)
    images = data.source.test_set()
    tests = _Tests(
        Batches(
            images.images,
            images.labels,
            np.arange(len(images.labels)),
            trainer.validation.batch_size,
            seed=seed,
            normalization=data.normalization,
            shuffle=False,
        )
    )
    trainer.callbacks = (*trainer.callbacks, tests)
    trainer.run()
    found = [100 * float(record["val/accuracy"]) for record in trainer.history]
    found = [round(value, 2) if np.isfinite(value) else CHANCE for value in found]
    tested = [round(100 * value, 2) for value in tests.accuracies]
    missing = epochs - len(found)
    tested += [tested[-1] if tested else CHANCE] * (epochs - len(tested))
    return found + [CHANCE] * missing, tested


class _Tests(Callback):
    """The test accuracy of the best weights so far, after every epoch; measured where they are new."""

    def __init__(self, batches: Batches) -> None:
        self.accuracies: list[float] = []
        self._batches = batches
        self._best = -1.0

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Measure if no epoch before had as high a validation accuracy."""
        accuracy = float(record["val/accuracy"])
        if accuracy > self._best:
            self._best = accuracy
            with trainer.evaluated():
                tested = validate(trainer.network, trainer.loss, self._batches, trainer.classes)
            self.accuracies.append(tested.accuracy)
        else:
            self.accuracies.append(self.accuracies[-1] if self.accuracies else CHANCE / 100)


def read(path: Path) -> list[Row]:
    """Return the rows of a table."""
    with path.open(newline="") as file:
        return [
            ({key: _value(line[key]) for key in PARAMETERS}, _columns(line, "epoch "))
            for line in csv.DictReader(file)
        ]


def read_tests(path: Path) -> list[list[float] | None]:
    """Return the test accuracies of every row of a table, None where they are not known."""
    with path.open(newline="") as file:
        return [_columns(line, "test ") or None for line in csv.DictReader(file)]


def _columns(line: Mapping[str, str], prefix: str) -> list[float]:
    return [float(text) for name, text in line.items() if name.startswith(prefix) and text]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def write(path: Path, rows: Sequence[Row], tests: Sequence[Sequence[float] | None]) -> None:
    """Write a table, whole or not at all; ``tests`` has an entry a row, None where it is not known."""
    draft = path.with_name(path.name + ".new")
    numbers = range(1, len(rows[0][1]) + 1)
    with draft.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        heads = [f"{kind} {number}" for kind in ("epoch", "test") for number in numbers]
        writer.writerow([*PARAMETERS, *heads])
        for (point, values), tested in zip(rows, tests, strict=True):
            cells = tested if tested is not None else [""] * len(values)
            writer.writerow([*(point[key] for key in PARAMETERS), *values, *cells])
    draft.replace(path)


if __name__ == "__main__":
    main()
