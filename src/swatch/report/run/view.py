"""What a run's directory says, part by part: a damaged part is named and left out, the others still count."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from swatch.errors import UserError
from swatch.evaluation.comparing import INTERRUPTED, RUNNING, is_of_function, judged_by
from swatch.report.confusion import Confusion, confusion_of
from swatch.report.labels import count_of, finite
from swatch.tracking import RunDirectory, evaluations_file
from swatch.tracking.naming import trained_values

if TYPE_CHECKING:
    from swatch.tracking import Record, RunDescription
    from swatch.tracking.tracker import SampleImages

TRACEBACK_FILE = "traceback.txt"


@dataclass(frozen=True)
class RunView:
    """A run as its page shows it."""

    directory: Path
    name: str
    status: str
    """``running``, ``interrupted``, or how it ended: ``finished``, ``stopped``, ``failed``."""
    config: Mapping[str, Any]
    """The values that count for the training, under dotted keys."""
    overrides: Sequence[str]
    history: Sequence[Record]
    summary: Mapping[str, Any]
    """Empty until the run has ended."""
    description: RunDescription | None
    traceback: str | None
    """Where a failed run failed."""
    confusion: Confusion | None
    """On the validation set."""
    samples: SampleImages | None
    evaluations: Sequence[Mapping[str, Any]]
    """What ``swatch evaluate`` found, the latest last."""
    problems: Sequence[str] = field(default=())
    """The damaged parts, each a sentence."""

    @property
    def run_id(self) -> str:
        """The run's id, which is its folder's name."""
        return self.directory.name

    @property
    def monitor(self) -> str:
        """The metric that decides which epoch is the best."""
        return self._judged_by[0]

    @property
    def goal(self) -> str:
        """``maximize`` or ``minimize``."""
        return self._judged_by[1]

    @property
    def _judged_by(self) -> tuple[str, str]:
        goals = {} if self.description is None else self.description.goals
        return judged_by(self.config, self.summary, goals)

    @property
    def is_of_function(self) -> bool:
        """Whether a function of somebody's own was called, and no network of ours trained."""
        return is_of_function(self.config)

    @property
    def best(self) -> Mapping[str, Any] | None:
        """The record of the best epoch so far."""
        best = self.summary.get("best")
        if isinstance(best, Mapping):
            return best
        known = [record for record in self.history if finite(record.get(self.monitor)) is not None]
        choose = max if self.goal == "maximize" else min
        return choose(known, key=lambda record: record[self.monitor]) if known else None

    @property
    def planned_epochs(self) -> int | None:
        """How many epochs the run was to have."""
        planned = finite(self.summary.get("planned_epochs") or self.config.get("epochs"))
        return None if planned is None else int(planned)


def is_run(folder: Path) -> bool:
    """Whether a run lies in a folder, be it damaged: whether it has one of the files that make one."""
    directory = RunDirectory(folder)
    return any(
        file.is_file() for file in (directory.config_file, directory.summary_file, directory.history_file)
    )


def read_view(folder: Path) -> RunView:
    """Read what there is.

    Raises:
        UserError: the folder is no run directory at all.
    """
    directory = RunDirectory(folder)
    problems: list[str] = []
    config = _whole(directory.config_file, problems, _yaml_mapping)
    summary = _whole(directory.summary_file, problems, _json_mapping)
    if not is_run(folder):
        raise UserError(f"{folder} is no run directory: it has no config.yaml, history.jsonl or summary.json")
    described = _whole(directory.description_file, problems, _json_mapping) or {}
    matrix = _whole(directory.confusion_matrix_file, problems, _json_mapping)
    facts = {**(summary or {}), **({"confusion_matrix": matrix} if matrix else {})}
    return RunView(
        directory=folder,
        name=str(described.get("name") or (summary or {}).get("name") or folder.name),
        status=_status(directory, summary),
        config=trained_values(config or {}),
        overrides=[str(each) for each in _whole(directory.overrides_file, problems, _yaml_list) or ()],
        history=_history(directory.history_file, problems),
        summary=summary or {},
        description=_description(directory, problems) if config is not None else None,
        traceback=_whole(folder / TRACEBACK_FILE, problems, lambda text: text),
        confusion=_confusion(facts, problems),
        samples=_samples(directory, problems),
        evaluations=evaluations_file.read_entries(folder),
        problems=problems,
    )


def _whole(path: Path, problems: list[str], parse: Any) -> Any:
    """Return a file's contents, or None if there is none or it is damaged, which is noted then."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        problems.append(f"{path.name} is damaged: {str(error).splitlines()[0]}")
        return None


def _json_mapping(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("it holds no JSON object")
    return value


def _yaml_mapping(text: str) -> dict[str, Any]:
    value = yaml.safe_load(text)
    if not isinstance(value, dict):
        raise TypeError("it holds no keys")
    return value


def _yaml_list(text: str) -> list[Any]:
    value = yaml.safe_load(text)
    if not isinstance(value, list):
        raise TypeError("it holds no list")
    return value


def _history(path: Path, problems: list[str]) -> list[Record]:
    """Return the epochs that can be read; the last line of a run at work may be half written."""
    text = _whole(path, problems, lambda text: text) or ""
    lines = text.split("\n")
    records, damaged = [], 0
    for line in lines:
        if not line.strip():
            continue
        try:
            records.append(_json_mapping(line))
        except (ValueError, TypeError):
            damaged += line is not lines[-1]
    if damaged:
        problems.append(f"{path.name} is damaged: {count_of(damaged, 'line')} of {len(lines) - 1} left out")
    return records


def _description(directory: RunDirectory, problems: list[str]) -> RunDescription | None:
    try:
        return directory.read_description()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problems.append(f"{directory.description_file.name} is damaged: {type(error).__name__} {error}")
        return None


def _status(directory: RunDirectory, summary: Mapping[str, Any] | None) -> str:
    if summary is not None:
        return str(summary.get("status"))
    return RUNNING if directory.is_alive() else INTERRUPTED


def _confusion(facts: Mapping[str, Any], problems: list[str]) -> Confusion | None:
    try:
        return confusion_of(facts)
    except (ValueError, TypeError) as error:
        problems.append(f"the confusion matrix is damaged: {error}")
        return None


def _samples(directory: RunDirectory, problems: list[str]) -> SampleImages | None:
    if not directory.samples_file.exists():
        return None
    read = directory.read_samples()
    if read is None:
        problems.append(f"{directory.samples_file.name} is damaged")
        return None
    samples = read[1]
    count = len(samples.images)
    fits = all(len(part) == count for part in (samples.actual, samples.predicted, samples.probability))
    known = len(samples.labels)
    if (
        not fits
        or samples.images.ndim != 4
        or (count and max(samples.actual.max(), samples.predicted.max()) >= known)
    ):
        problems.append(f"{directory.samples_file.name} is damaged: its parts do not go together")
        return None
    return samples
