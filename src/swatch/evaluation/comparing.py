"""Runs side by side: how their configs differ, what came of it, and whether that is more than chance."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.evaluation.evaluating import VALIDATION, evaluate
from swatch.evaluation.records import predictions_file
from swatch.files import UnreadableError, json_text, read_npz
from swatch.metrics import McNemar, mcnemar
from swatch.tracking.naming import trained_values

if TYPE_CHECKING:
    from swatch.tracking import RunDirectory

SEED = "seed"
RUNNING, INTERRUPTED = "running", "interrupted"
# What only says how a choice is built, which the choice's other keys say better.
_TARGET = "_target_"
_SCALING = "data.normalization"
_ABSENT = object()


@dataclass(frozen=True)
class ComparedRun:
    """What a run's directory says of it; a run that is still going has its epochs so far."""

    directory: RunDirectory
    name: str
    status: str
    config: Mapping[str, Any]
    """The values that count for the training, under dotted keys."""
    history: Sequence[Mapping[str, Any]]
    summary: Mapping[str, Any]
    sweep: str | None = None
    trial: int | None = None
    """Of the sweep, if it belongs to one."""
    goals: Mapping[str, str] = field(default_factory=dict)
    """Metric to ``"minimize"`` or ``"maximize"``."""

    @property
    def judged_by(self) -> tuple[str, str]:
        """The metric that decides which epoch is the best, and its goal."""
        return judged_by(self.config, self.summary, self.goals)

    @property
    def is_of_function(self) -> bool:
        """Whether somebody's own function was called, and no network of ours trained."""
        return is_of_function(self.config)

    @property
    def best(self) -> Mapping[str, Any]:
        """The best epoch's record; while the run is going, its last."""
        found = self.summary.get("best") or (self.history[-1] if self.history else {})
        return dict(found)

    def curve(self, metric: str) -> list[float | None]:
        """Return a metric epoch by epoch."""
        return [record.get(metric) for record in self.history]


@dataclass(frozen=True)
class SeedGroup:
    """Runs that differ in nothing but their seed."""

    places: tuple[int, ...]
    """Of the runs in the comparison."""
    mean: float
    deviation: float
    """Standard deviation between seeds, with n - 1."""


@dataclass(frozen=True)
class Comparison:
    """Some runs, and what is not the same in all of them."""

    runs: tuple[ComparedRun, ...]
    differences: Mapping[str, tuple[Any, ...]]
    """Dotted key to one value for each run; ``None`` also stands for a key that a run does not have."""

    def seed_groups(self, metric: str) -> list[SeedGroup]:
        """Return the groups of runs that differ in their seed alone, with a metric of their best epochs."""
        groups: dict[str, list[int]] = defaultdict(list)
        for place, run in enumerate(self.runs):
            rest = {key: value for key, value in run.config.items() if key != SEED}
            groups[json_text(dict(sorted(rest.items())))].append(place)
        found = []
        for places in groups.values():
            values = [self.runs[place].best.get(metric) for place in places]
            if len(places) > 1 and all(isinstance(value, int | float) for value in values):
                numbers = np.array(values, np.float64)
                found.append(SeedGroup(tuple(places), float(numbers.mean()), float(numbers.std(ddof=1))))
        return found


def read_run(directory: RunDirectory) -> ComparedRun:
    """Read a run's directory.

    Raises:
        UserError: it is damaged.
    """
    try:
        config, summary = directory.read_config(), directory.read_summary()
        description, history = directory.read_description(), directory.read_history()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{directory.path} is damaged: {error}") from None
    if config is None:
        raise UserError(f"{directory.path} is no run directory, or damaged: its config.yaml cannot be read")
    if summary is None:
        status = RUNNING if directory.is_alive() else INTERRUPTED
    else:
        status = str(summary.get("status"))
    known = [record for record in history if isinstance(record, dict)]
    found = ComparedRun(directory, directory.path.name, status, trained_values(config), known, summary or {})
    if description is None:
        return found
    return replace(
        found,
        name=description.name,
        sweep=description.sweep_id,
        trial=description.trial,
        goals=description.goals,
    )


def judged_by(
    config: Mapping[str, Any], summary: Mapping[str, Any], goals: Mapping[str, str]
) -> tuple[str, str]:
    """Return the metric that decides which epoch of a run is the best, and its goal.

    The network's config names it. A run of somebody's own function has no such key; its description has the
    sweep's metric as its only goal.
    """
    metric = summary.get("monitor") or config.get("training.monitor") or next(iter(goals), "val/accuracy")
    goal = summary.get("goal") or config.get("training.goal") or goals.get(str(metric), "maximize")
    return str(metric), str(goal)


def is_of_function(config: Mapping[str, Any]) -> bool:
    """Whether somebody's own function was called: the network's config names what it is built of."""
    return bool(config) and all(key.rpartition(".")[2] != _TARGET for key in config)


def best_of(runs: Sequence[ComparedRun]) -> tuple[str, int]:
    """Return the metric by which the first run chose its best epoch, and the place of the best run."""
    monitor, goal = runs[0].judged_by
    sign = 1.0 if goal == "maximize" else -1.0

    def value(place: int) -> float:
        found = runs[place].best.get(monitor)
        return sign * found if isinstance(found, int | float) else -float("inf")

    return monitor, max(range(len(runs)), key=value)


def compare(runs: Sequence[ComparedRun]) -> Comparison:
    """Find what differs between runs.

    Raises:
        UserError: there are fewer than two.
    """
    if len(runs) < 2:
        raise UserError(f"a comparison needs at least two runs, found {len(runs)}")
    keys = dict.fromkeys(key for run in runs for key in run.config)
    differences = {}
    for key in keys:
        values = [run.config.get(key, _ABSENT) for run in runs]
        plain = tuple(None if value is _ABSENT else value for value in values)
        if any(value != plain[0] for value in plain):
            differences[key] = plain
    return Comparison(tuple(runs), _readable(differences))


def _readable(differences: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Show a choice of a group by the last part of its target, under the group's own key."""
    found = {}
    for key, values in differences.items():
        if key.rpartition(".")[2] == _TARGET:
            key = key.rpartition(".")[0]
            values = tuple(None if value is None else str(value).rpartition(".")[2] for value in values)
        found[key] = values
    return found


def right_answers(run: ComparedRun, split: str = VALIDATION) -> NDArray[np.bool_] | None:
    """Return whether the run's network is right for each image of a split, (n,); None without a network.

    Raises:
        UserError: the model or the data cannot be read.
    """
    if not run.directory.model_file.exists():
        return None
    found = evaluate(run.directory, split)
    answers: NDArray[np.bool_] = found.predictions == found.labels
    return answers


def see_the_same(first: ComparedRun, second: ComparedRun) -> bool:
    """Whether two runs have the same images in each split; how these are scaled is the networks' business."""
    images = [
        {key: value for key, value in run.config.items() if key.startswith("data.") and key != _SCALING}
        for run in (first, second)
    ]
    return images[0] == images[1]


def kept_answers(run: ComparedRun) -> NDArray[np.bool_] | None:
    """Return what :func:`right_answers` gives for the validation set, from the last `swatch evaluate`.

    None if the network was not evaluated since it was trained, or the file is damaged: nothing is computed.
    """
    kept = predictions_file(run.directory, VALIDATION)
    try:
        if kept.stat().st_mtime < run.directory.model_file.stat().st_mtime:
            return None
        arrays = read_npz(kept)
        right: NDArray[np.bool_] = arrays["probabilities"].argmax(axis=1) == arrays["labels"]
    except (OSError, UnreadableError, KeyError, ValueError):
        return None
    return right if right.ndim == 1 else None


Pairs = Mapping[tuple[int, int], McNemar]
"""Places of two runs, in either order, to the test of the first one's answers against the second one's."""


def compare_answers(
    runs: Sequence[ComparedRun], answers: Callable[[ComparedRun], NDArray[np.bool_] | None] = right_answers
) -> Pairs:
    """Test every two runs: are they right on the same share of the same images?

    Args:
        runs: which; runs without a network, and those with other images than all others, are in no pair.
        answers: gives whether a run is right, image by image; asked once for each run that has a partner.

    Raises:
        UserError: a model or the data cannot be read.
    """
    alike = [
        (one, other)
        for one, other in itertools.permutations(range(len(runs)), 2)
        if see_the_same(runs[one], runs[other])
    ]
    right = {place: answers(runs[place]) for place in dict.fromkeys(one for one, _ in alike)}
    tests = {}
    for one, other in alike:
        first, second = right[one], right[other]
        if first is not None and second is not None and first.shape == second.shape:
            tests[one, other] = mcnemar(first, second)
    return tests
