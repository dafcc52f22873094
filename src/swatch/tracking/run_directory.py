"""The run directory: everything known of a run, complete by itself, readable without this package."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import yaml

from swatch.errors import UserError
from swatch.files import append_line, json_text, make_folder, write_json, write_text, writing
from swatch.tracking.description_file import description_of, plain_description
from swatch.tracking.lock_probe import is_locked
from swatch.tracking.samples_file import read_samples, write_samples
from swatch.tracking.state import TrackingState
from swatch.tracking.tracker import Record, RunDescription, SampleImages

_PROBE_SECONDS = 0.5
"""How long a lock that cannot be had is tried again: whoever asks whether a run is alive, such as a dashboard
that looks every second, holds it for a moment."""
_TRY_SECONDS = 0.01


class RunDirectory:
    """``<home>/<run id>/`` and its files; also the first tracker of every run.

    No ``summary.json`` means that the run is alive or was killed; :meth:`is_alive` tells which.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_file = path / "config.yaml"
        self.overrides_file = path / "overrides.yaml"
        self.description_file = path / "run.json"
        self.history_file = path / "history.jsonl"
        self.summary_file = path / "summary.json"
        self.confusion_matrix_file = path / "confusion_matrix.json"
        self.samples_file = path / "samples.npz"
        self.model_file = path / "model.npz"
        self.checkpoint_file = path / "checkpoint.npz"
        self.tracking_file = path / "tracking.json"
        self._lock_file = path / ".lock"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for this process; the kernel lets go of it if the process dies in any way.

        Raises:
            UserError: Another living process trains this run.
        """
        with self.locked_if_free() as is_held:
            if not is_held:
                raise UserError(f"run '{self.path.name}' is being trained by another process; wait for it")
            yield

    @contextmanager
    def locked_if_free(self) -> Iterator[bool]:
        """Hold the run if no living process does; gives whether it is held now."""
        from filelock import FileLock, Timeout

        make_folder(self.path)
        lock = FileLock(self._lock_file, timeout=_PROBE_SECONDS, poll_interval=_TRY_SECONDS)
        try:
            with writing(self._lock_file):
                lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def is_alive(self) -> bool:
        """Whether a living process holds the run."""
        return is_locked(self._lock_file)

    def start(self, run: RunDescription, history: Sequence[Record] = ()) -> None:
        """Write what is known of the run; its history begins with ``history`` and nothing else."""
        make_folder(self.path)
        # Left by a process that was killed while it wrote. Not every draft: beside the run, which is locked,
        # a sync or an evaluation may be writing its own file at this moment.
        for name in (self.checkpoint_file.name, self.model_file.name, self.samples_file.name):
            for left in self.path.glob(f".{name}.*.tmp"):
                left.unlink(missing_ok=True)
        self.summary_file.unlink(missing_ok=True)
        # Whatever was sent of an earlier attempt, this one has not been.
        self.tracking_file.unlink(missing_ok=True)
        write_text(self.config_file, yaml_text(run.config))
        write_text(self.overrides_file, yaml_text(list(run.overrides)))
        write_json(self.description_file, plain_description(run))
        write_text(self.history_file, "".join(json_text(record) + "\n" for record in history))

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Append one line to ``history.jsonl``."""
        append_line(self.history_file, json_text(metrics))

    def confusion_matrix(self, name: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Write ``confusion_matrix.json``."""
        write_json(
            self.confusion_matrix_file, {"name": name, "labels": labels, "counts": counts}, indent=None
        )

    def samples(self, name: str, samples: SampleImages) -> None:
        """Write ``samples.npz``."""
        write_samples(self.samples_file, name, samples)

    def model(self, path: Path, metadata: Mapping[str, Any]) -> None:
        """Do nothing: the weights lie here already."""

    def finish(self, status: str, reason: str | None, summary: Mapping[str, Any]) -> None:
        """Write ``summary.json``, the last of the files."""
        write_json(self.summary_file, {"status": status, "reason": reason, **summary})

    def read_summary(self) -> dict[str, Any] | None:
        """Return the summary, or None while there is none."""
        return _read_json(self.summary_file)

    def read_description(self) -> RunDescription | None:
        """Return what the run was started with; None if there is no run here.

        Of a run by a version that wrote no ``run.json`` it has id, name, config and overrides.
        """
        config = self.read_config()
        if config is None:
            return None
        values = _read_json(self.description_file)
        if values is None:
            name = (self.read_summary() or {}).get("name") or self.path.name
            values = {"run_id": self.path.name, "name": name}
        return description_of(values, config, self.read_overrides())

    def read_overrides(self) -> list[str]:
        """Return the overrides that made the config."""
        try:
            overrides = yaml.safe_load(self.overrides_file.read_text())
        except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError, yaml.YAMLError):
            return []
        return [str(override) for override in overrides] if isinstance(overrides, list) else []

    def read_confusion_matrix(self) -> dict[str, Any] | None:
        """Return the confusion matrix as ``name``, ``labels`` and ``counts``, or None if there is none."""
        return _read_json(self.confusion_matrix_file)

    def read_samples(self) -> tuple[str, SampleImages] | None:
        """Return the name and contents of ``samples.npz``, or None if there are none."""
        return read_samples(self.samples_file)

    def read_tracking(self) -> TrackingState | None:
        """Return what became of the run at wandb, or None if it was never told of it."""
        values = _read_json(self.tracking_file)
        return None if values is None else TrackingState.from_dict(values)

    def write_tracking(self, state: TrackingState) -> None:
        """Write ``tracking.json``."""
        write_json(self.tracking_file, state.as_dict())

    def read_history(self) -> list[Record]:
        """Return the epochs logged so far; a last line that was cut off is left out."""
        records = []
        text = self.history_file.read_text(errors="replace") if self.history_file.exists() else ""
        for line in text.splitlines():
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError:
                break
        return records

    def read_config(self) -> dict[str, Any] | None:
        """Return the resolved config, or None if there is none."""
        try:
            config = yaml.safe_load(self.config_file.read_text())
        except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError, yaml.YAMLError):
            return None
        return config if isinstance(config, dict) else None


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError, json.JSONDecodeError):
        return None
    return value if isinstance(value, dict) else None


def yaml_text(value: Any) -> str:
    """Return ``value`` as YAML in the order given, short lists on one line."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


class _Dumper(yaml.SafeDumper):
    """Writes flat lists as [1, 2] and floats such as 1e-05 so that YAML 1.1 readers take them for floats."""


def _represent_list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    flat = bool(value) and all(not isinstance(item, dict | list | str) for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flat or not value)


def _represent_mapping(dumper: yaml.SafeDumper, value: Mapping[str, Any]) -> yaml.Node:
    return dumper.represent_dict(value)


_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(tuple, lambda dumper, value: _represent_list(dumper, list(value)))
_Dumper.add_multi_representer(cast(type[Mapping[str, Any]], Mapping), _represent_mapping)
