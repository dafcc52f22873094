"""Known points in a CSV or YAML file."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from swatch.errors import UserError, did_you_mean
from swatch.sweep.config.yaml_source import YamlSource
from swatch.sweep.prior.known import KnownPoint, PointError, fit_point
from swatch.sweep.space.search_space import SearchSpace

SUFFIXES = (".csv", ".yaml", ".yml")


def read_file(path: Path, space: SearchSpace, metric: str) -> list[KnownPoint]:
    """Return the points of a file, one a row.

    A CSV file has a header of dotted keys; a YAML file is a list of mappings, dotted or nested. A column
    named as the metric, if there is one, holds results; a row without a result is a point to try first.
    Keys that the row's other values leave no place for (``momentum`` beside ``adam``) are left empty.

    Raises UserError, naming file and line, for what cannot be read, an unknown key, a missing value, and a
    value that the sweep never tries.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--prior {path}: it cannot be read: {error}") from None
    rows = _csv_rows(path, text) if path.suffix == ".csv" else _yaml_rows(path, text, space, metric)
    found = [_known(where, row, space, metric) for where, row in rows]
    if not found:
        raise UserError(f"--prior {path}: there are no points in it")
    return found


def _csv_rows(path: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    reader = csv.reader(text.splitlines(), skipinitialspace=True)
    header = [name.strip() for name in next(reader, [])]
    for name in header:
        if header.count(name) > 1:
            raise UserError(f"{path}:1: the column '{name}' is there twice")
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        where = f"{path}:{reader.line_num}"
        if len(cells) != len(header):
            raise UserError(f"{where}: it has {len(cells)} cells, and the header {len(header)}")
        row = {}
        for name, cell in zip(header, cells, strict=True):
            try:
                # The YAML reader of sweeps, so that 1e-4 is a number and true a truth value.
                row[name] = YamlSource.parse(cell, where).value if cell.strip() else None
            except UserError:
                row[name] = cell
        yield where, row


def _yaml_rows(
    path: Path, text: str, space: SearchSpace, metric: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    source = YamlSource.parse(text, str(path))
    if not isinstance(source.value, list):
        raise UserError(f"{source.where()}: write a list of points, such as `- {{learning_rate: 0.1}}`")
    for index, item in enumerate(source.value):
        if not isinstance(item, dict):
            raise source.error((index,), f"a point is a mapping of keys to values, not {item!r}")
        yield source.where((index,)), _flat(item, {*space.parameters, metric})


def _flat(item: Mapping[str, Any], known: set[str], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings with dotted keys; a mapping that is itself a parameter's value stays whole."""
    flat: dict[str, Any] = {}
    for name, value in item.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and key not in known:
            flat |= _flat(value, known, f"{key}.")
        else:
            flat[key] = value
    return flat


def _known(where: str, row: Mapping[str, Any], space: SearchSpace, metric: str) -> KnownPoint:
    result = row.get(metric)
    names = [*space.parameters, metric]
    for key in row:
        if key not in names:
            raise UserError(
                f"{where}: the sweep has no parameter '{key}'.{did_you_mean(key, names)} "
                f"Its parameters are: {', '.join(space.parameters)}; results stand under {metric}."
            )
    if result is not None and not _is_finite(result):
        raise UserError(f"{where}: {metric}: a result is a finite number, not {result!r}; or leave it empty")
    # An empty cell says nothing, unless null is one of the values.
    given = {
        key: value
        for key, value in row.items()
        if key != metric and (value is not None or space.parameters[key].contains(None))
    }
    try:
        point = fit_point(space, given)
    except PointError as error:
        raise UserError(f"{where}: {error.key}: {error}") from None
    for key in given:
        if key in space.swept and key not in point and given[key] is not None:
            raise UserError(f"{where}: {key}: it has no place beside the row's other values; leave it empty")
    return KnownPoint(point, None if result is None else float(result), where)


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
