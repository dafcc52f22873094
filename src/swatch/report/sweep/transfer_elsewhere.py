"""Runs that trained the same config on other data."""

from __future__ import annotations

import json
import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from swatch.report.labels import finite
from swatch.tracking import RunDirectory
from swatch.tracking.naming import trained_values

MOST_RUNS = 2000
"""The newest that are looked at."""
# What may differ: which data and where they lie, and the seed.
_DATA = "data._target_"
_NOT_COMPARED = (_DATA, "data.folder", "data.cache", "data.mirrors", "data.checksums", "seed")
_FINISHED = "finished"
# The parser in C where PyYAML has it: there may be thousands of these files.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Elsewhere:
    """What a config reached on other data."""

    value: float
    """The mean over the runs of each one's best value of the metric."""
    runs: int
    test: float | None
    """The mean test accuracy of those that read the test set."""


def config_of(folder: Path) -> Mapping[str, Any]:
    """Return the values of a run's config that count for its training, under dotted keys.

    Empty if the file is not there or damaged.
    """
    path = RunDirectory(folder).config_file
    try:
        return _parsed(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, yaml.YAMLError):
        return {}


@lru_cache(maxsize=MOST_RUNS)
def _parsed(path: Path, changed: int) -> Mapping[str, Any]:
    """Return the values of a file, once for every time of change: a dashboard asks again and again."""
    config = _Loader(path.read_text(encoding="utf-8")).get_single_data()
    return trained_values(config) if isinstance(config, Mapping) else {}


def data_title(config: Mapping[str, Any]) -> str:
    """Return what a config's data set is called."""
    return str(config.get(_DATA) or "").rpartition(".")[2] or "unknown data"


def elsewhere(
    home: Path, configs: Sequence[Mapping[str, Any]], metric: str, own: Collection[str]
) -> list[dict[str, Elsewhere]]:
    """Return for each config what finished runs below ``home`` reached with it on data other than its own.

    A config is the same if everything that counts for the training is, save the data set and the seed. Runs
    named in ``own`` are left out. The results have the data set's title as their key.
    """
    wanted = [_comparable(config) if config else None for config in configs]
    found: list[dict[str, list[tuple[float, float | None]]]] = [{} for _ in configs]
    for folder in _newest(home, own):
        config = config_of(folder)
        same = _comparable(config) if config else None
        if same is None or same not in wanted:
            continue
        result = _result(folder, metric)
        for place, each in enumerate(wanted):
            if result is not None and each == same and configs[place].get(_DATA) != config.get(_DATA):
                found[place].setdefault(data_title(config), []).append(result)
    return [{title: _mean(results) for title, results in each.items()} for each in found]


def _newest(home: Path, own: Collection[str]) -> Iterator[Path]:
    paths = [path for path in home.glob("*/config.yaml") if path.parent.name not in own]
    paths.sort(key=_changed, reverse=True)
    return (path.parent for path in paths[:MOST_RUNS])


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _comparable(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in _NOT_COMPARED}


def _result(folder: Path, metric: str) -> tuple[float, float | None] | None:
    """Return the best value and the test accuracy of a run that has finished."""
    try:
        summary = json.loads(RunDirectory(folder).summary_file.read_text(encoding="utf-8"))
        value = finite(summary["best"][metric]) if summary["status"] == _FINISHED else None
        return None if value is None else (value, finite(summary.get("test/accuracy")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _mean(results: Sequence[tuple[float, float | None]]) -> Elsewhere:
    tested = [test for _, test in results if test is not None]
    return Elsewhere(
        value=statistics.fmean(value for value, _ in results),
        runs=len(results),
        test=statistics.fmean(tested) if tested else None,
    )
