"""Configs that a sweep was given, as experiments, instead of searching: how each does, beside other data."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from swatch.metrics import Interval, accuracy, bootstrap_counts
from swatch.report.confusion import Confusion, confusion_of
from swatch.report.labels import finite, format_value, short_names
from swatch.report.ranking import value_of
from swatch.report.run.config_rows import config_rows
from swatch.report.sweep.transfer_elsewhere import Elsewhere, config_of, data_title, elsewhere
from swatch.sweep.records import SweepRecord, TrialRecord
from swatch.tracking import evaluations_file

EXPERIMENT = "experiment"
MOST_CONFIGS = 8
"""A sweep that is given more of them is looked at as any other."""
MOST_CLASSES = 30
_SHOWN_GROUPS = ("model", "loss", "optimizer", "scheduler", "augmentation", "epochs", "batch_size")


@dataclass(frozen=True)
class Tested:
    """What one config does on the test set."""

    accuracy: float
    interval: Interval
    images: int
    right: NDArray[np.bool_] | None
    """Which images it gets right, in the test set's order; None if the answers were not kept."""


@dataclass(frozen=True)
class Given:
    """One config, as one trial trained it."""

    label: str
    trial: TrialRecord
    value: float | None
    data: str
    tested: Tested | None
    matrix: Confusion | None
    """On the test images if they were read, else on the validation images."""
    elsewhere: Mapping[str, Elsewhere]
    """By the title of the other data set."""
    by_seed: tuple[float, ...] = ()
    """The test accuracy of each of its seeds, where it was trained with several."""

    @property
    def test_accuracy(self) -> float | None:
        """The mean over the seeds, or that of the one training; None if the test set was not read."""
        if self.by_seed:
            return statistics.fmean(self.by_seed)
        return None if self.tested is None else self.tested.accuracy

    @property
    def test_spread(self) -> float | None:
        """The standard deviation over the seeds (of a sample)."""
        return statistics.stdev(self.by_seed) if len(self.by_seed) > 1 else None


@dataclass(frozen=True)
class Transfer:
    """The given configs side by side."""

    given: tuple[Given, ...]
    """By the number of their trials."""
    differing: tuple[tuple[str, tuple[str, ...]], ...]
    """The config's keys in which they differ, with the value of each."""
    shared: tuple[tuple[str, str], ...]
    """What is the same in all of them."""

    @property
    def data(self) -> tuple[str, ...]:
        """The data sets that they were trained on."""
        return tuple(dict.fromkeys(each.data for each in self.given))

    @property
    def others(self) -> tuple[str, ...]:
        """The other data sets that one of the configs was trained on, elsewhere."""
        return tuple(dict.fromkeys(title for each in self.given for title in each.elsewhere))

    @property
    def is_tested(self) -> bool:
        """Whether the test set was read for any of them."""
        return any(each.tested is not None for each in self.given)

    def is_tested_on(self, title: str) -> bool:
        """Whether the test set of another data set was read for any of them."""
        return any(other.test is not None for each in self.given if (other := each.elsewhere.get(title)))

    @property
    def matrices(self) -> tuple[Given, ...]:
        """Those whose confusion matrix can be drawn."""
        return tuple(each for each in self.given if each.matrix and len(each.matrix.labels) <= MOST_CLASSES)

    @property
    def largest_confusion(self) -> float:
        """The largest share off the diagonal in any of the matrices, the scale that they have in common."""
        shares = [
            cell.share
            for each in self.matrices
            if each.matrix
            for row in each.matrix.rows
            for cell in row
            if not cell.is_diagonal
        ]
        return max(shares, default=0.0) or 1.0


def transfer_of(sweep: SweepRecord, trials: Sequence[TrialRecord], home: Path) -> Transfer | None:
    """Return the given configs, or None for a sweep that has fewer than two experiments, or too many.

    ``home`` is where the run directories lie. What is damaged or out of reach there is left out.
    """
    chosen = [trial for trial in trials if trial.state.has_result and EXPERIMENT in trial.point]
    kinds = {str(trial.point[EXPERIMENT]) for trial in chosen}
    if sweep.function is not None or len(kinds) < 2 or len(chosen) > MOST_CONFIGS:
        return None
    configs = [config_of(home / trial.run_id) for trial in chosen]
    found = elsewhere(home, configs, sweep.metric, {trial.run_id for trial in trials})
    given = []
    for trial, label, config, others in zip(chosen, _labels(chosen), configs, found, strict=True):
        tested, matrix = _tested(home / trial.run_id)
        given.append(
            Given(
                label=label,
                trial=trial,
                value=value_of(trial),
                data=data_title(config),
                tested=tested,
                matrix=matrix or _usable(trial.summary),
                elsewhere=others,
                by_seed=_by_seed(trial),
            )
        )
    return Transfer(tuple(given), *_rows(configs))


def _labels(trials: Sequence[TrialRecord]) -> list[str]:
    """Return the experiments' names, each with the other parameters in which the trials differ."""
    keys = dict.fromkeys(key for trial in trials for key in trial.point if key != EXPERIMENT)
    differing = [key for key in keys if len({str(trial.point.get(key)) for trial in trials}) > 1]
    names = short_names(keys)
    return [
        ", ".join(
            [
                str(trial.point[EXPERIMENT]),
                *(
                    f"{names[key]} {format_value(trial.point[key])}"
                    for key in differing
                    if key in trial.point
                ),
            ]
        )
        for trial in trials
    ]


def _rows(
    configs: Sequence[Mapping[str, Any]],
) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[tuple[str, str], ...]]:
    """Return the keys in which the configs differ, and the others; values that nothing sets are left out."""
    tables = [
        {
            row.key: format_value(row.value)
            for row in config_rows(config, None)
            if row.key.partition(".")[0] in _SHOWN_GROUPS and row.value is not None
        }
        for config in configs
    ]
    keys = list(dict.fromkeys(key for table in tables for key in table))
    columns = {key: tuple(table.get(key, "–") for table in tables) for key in keys}
    differing = tuple((key, values) for key, values in columns.items() if len(set(values)) > 1)
    return differing, tuple((key, values[0]) for key, values in columns.items() if len(set(values)) == 1)


def _by_seed(trial: TrialRecord) -> tuple[float, ...]:
    known = [finite(run.summary.get("test/accuracy")) for run in trial.runs]
    return tuple(each for each in known if each is not None) if len(known) > 1 else ()


def _tested(folder: Path) -> tuple[Tested | None, Confusion | None]:
    read = evaluations_file.last_test(folder)
    matrix = (
        None
        if read is None
        else _usable({"confusion_matrix": {"labels": read.labels, "counts": read.counts}})
    )
    if matrix is None or read is None:
        return None, None
    counts = np.asarray(read.counts, np.int64)
    tested = Tested(matrix.accuracy, bootstrap_counts(counts, accuracy), matrix.samples, _right(folder))
    return tested, matrix


def _right(folder: Path) -> NDArray[np.bool_] | None:
    try:
        with np.load(folder / "predictions_test.npz", allow_pickle=False) as stored:
            right: NDArray[np.bool_] = stored["probabilities"].argmax(axis=1) == stored["labels"]
            return right
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _usable(summary: Mapping[str, Any]) -> Confusion | None:
    try:
        return confusion_of(summary)
    except (ValueError, TypeError):
        return None
