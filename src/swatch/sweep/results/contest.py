"""The best configurations of a sweep, trained again with fresh seeds: which is better, and not luckier?"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swatch.errors import Interrupted, RunFailed, UserError
from swatch.sweep.names import counted
from swatch.sweep.records import SweepRecord, TrialRecord, finite
from swatch.sweep.results.standing import Standing
from swatch.sweep.space.quoting import override

if TYPE_CHECKING:
    from swatch.compose import Composition

FIRST_SEED = 1000
"""Fresh seeds count from here; those that the sweep has used are passed over."""
SEED = "seed"
JOB_TYPE = "retrain"


@dataclass(frozen=True)
class SeedRun:
    """One training of a configuration."""

    run_id: str
    seed: int
    value: float | None
    """The best epoch's value of the sweep's metric; None if the run failed."""
    epoch: int | None
    """Which epoch that was."""
    reason: str | None = None
    """Why it failed."""


@dataclass(frozen=True)
class Contestant:
    """One configuration with its places in both rankings and its new runs."""

    trial: TrialRecord
    by_run: int | None
    """Its place by the sweep's own result, from 1; None if it is not among the first."""
    by_mean: int | None
    """Its place by model mean."""
    runs: tuple[SeedRun, ...] = ()

    @property
    def values(self) -> list[float]:
        """The results of the runs that did not fail."""
        return [run.value for run in self.runs if run.value is not None]

    @property
    def mean(self) -> float | None:
        """Their mean."""
        return statistics.fmean(self.values) if self.values else None

    @property
    def deviation(self) -> float | None:
        """Their standard deviation (n - 1), or None below two."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None


@dataclass(frozen=True)
class _Planned:
    run_id: str
    seed: int
    composition: Composition


def watch_overrides(sweep: SweepRecord, group: str) -> list[str]:
    """Return how runs that belong to a sweep are tracked: as its trials were, in a group of their own."""
    tracking: Mapping[str, Any] = sweep.options.get("tracking") or {}
    known = {f"tracking.{key}": tracking.get(key) for key in ("mode", "project", "entity")}
    known |= {"tracking.group": group, "tracking.job_type": JOB_TYPE}
    return [override(key, value) for key, value in known.items() if value is not None]


def contestants(standing: Standing, count: int) -> list[Contestant]:
    """Return the ``count`` best configurations of each ranking, those by result first, each once."""
    places = [
        {trial.number: place for place, trial in enumerate(order[:count], 1)}
        for order in (standing.by_run, standing.by_mean)
    ]
    seen: set[str] = set()
    found = []
    for trial in standing.top(count):
        # Trials that differ in nothing but their seed are one configuration.
        configuration = repr(sorted((key, value) for key, value in trial.point.items() if key != SEED))
        if configuration not in seen:
            seen.add(configuration)
            by_run, by_mean = (each.get(trial.number) for each in places)
            found.append(Contestant(trial, by_run, by_mean))
    return found


def fresh_seeds(trials: Iterable[TrialRecord], count: int) -> list[int]:
    """Return ``count`` seeds that no trial was trained with."""
    used = {run.seed for trial in trials for run in trial.each_run()}
    found: list[int] = []
    seed = FIRST_SEED
    while len(found) < count:
        if seed not in used:
            found.append(seed)
        seed += 1
    return found


def compete(
    standing: Standing,
    count: int,
    seeds: int,
    overrides: Sequence[str] = (),
    *,
    tell: Callable[[str], None] = lambda text: None,
) -> list[Contestant]:
    """Train the ``count`` best configurations of each ranking with ``seeds`` fresh seeds each.

    A run that is there already, of this or an earlier call, is taken as it is; one that was interrupted goes
    on. All configurations have the same seeds.

    Args:
        standing: Of a sweep of the network.
        count: How many of each ranking.
        seeds: How many runs a configuration.
        overrides: Hydra overrides for every run, after the trial's own.
        tell: Takes a line before every training.

    Raises:
        UserError: The sweep is one of a function; or a config does not compose any more.
        RunFailed: Every single run failed.
        Interrupted: The user stopped it; the same call goes on.
    """
    sweep = standing.sweep
    if sweep.function is not None:
        raise UserError(
            f"--retrain-top trains the network, and sweep {sweep.id} is over the function {sweep.function}; "
            "`swatch sweep --repeats K` gives a function's points several seeds"
        )
    if not standing.by_run:
        raise RunFailed(standing.why_no_result())
    chosen = contestants(standing, count)
    watch = watch_overrides(sweep, f"{sweep.id}-retrained")
    numbers = fresh_seeds(standing.trials, seeds)
    # Everything is composed before anything is trained, so that a mistake does not show after an hour.
    plans = [[_plan(each.trial, seed, watch, overrides) for seed in numbers] for each in chosen]
    _rehearse([planned.composition for row in plans for planned in row])
    total, number = sum(map(len, plans)), 0
    done: list[Contestant] = []
    for each, row in zip(chosen, plans, strict=True):
        runs = []
        for planned in row:
            number += 1
            runs.append(_train(planned, each.trial, sweep, f"{number} of {total}", tell))
        done.append(Contestant(each.trial, each.by_run, each.by_mean, tuple(runs)))
    if not any(each.values for each in done):
        raise RunFailed(f"all {counted(total, 'run')} failed; the first one: {done[0].runs[0].reason}")
    return done


def own_id(usual_id: str, usual: Composition, composition: Composition) -> str:
    """Return the id of a run: the usual one, or one of its own if overrides change what is trained."""
    from swatch.tracking.naming import config_fingerprint

    fingerprint = config_fingerprint(composition.plain)
    same = fingerprint == config_fingerprint(usual.plain)
    return usual_id if same else f"{usual_id}-{fingerprint[:6]}"


def _plan(trial: TrialRecord, seed: int, watch: Sequence[str], overrides: Sequence[str]) -> _Planned:
    from swatch.compose import compose

    texts = [*trial.overrides, override(SEED, seed), *watch]
    try:
        usual = compose(texts)
    except UserError as error:
        raise UserError(f"trial {trial.number} cannot be trained again: {error}") from None
    composition = compose([*texts, *overrides])
    return _Planned(own_id(f"{trial.run_id}-s{seed}", usual, composition), seed, composition)


def _rehearse(compositions: Sequence[Composition]) -> None:
    from swatch.threads import limit_threads

    limit_threads(compositions[0].settings.training.threads)
    from swatch.training.rehearsal import DataRehearsal, rehearse

    check_data = DataRehearsal()
    for composition in compositions:
        rehearse(composition)
        check_data(composition)


def _train(
    planned: _Planned, trial: TrialRecord, sweep: SweepRecord, place: str, tell: Callable[[str], None]
) -> SeedRun:
    from swatch.training.outcome import FAILED, INTERRUPTED
    from swatch.training.run import train

    label = f"training {place}: trial {trial.number}, seed {planned.seed}"
    earlier = _ended_before(planned)
    if earlier is None:
        tell(label)
        result = train(planned.composition, run_id=planned.run_id, named_by=(*trial.point, SEED), show=False)
        if result.status == INTERRUPTED:
            raise Interrupted(
                f"interrupted at {label}; the same command goes on from there, and repeats no run"
            )
        status, reason, history = result.status, result.reason, result.history
    else:
        status, reason, history = earlier
        tell(f"{label}: is there already")
    if status == FAILED:
        return SeedRun(planned.run_id, planned.seed, None, None, reason or FAILED)
    return SeedRun(planned.run_id, planned.seed, *_best(history, sweep))


def _ended_before(planned: _Planned) -> tuple[str, str | None, list[dict[str, Any]]] | None:
    """Return how a run of the same config ended, if it has; one that diverged would do so again."""
    from swatch.tracking import RunDirectory
    from swatch.tracking.naming import config_fingerprint
    from swatch.training.outcome import FAILED, FINISHED

    home = Path(planned.composition.settings.paths.runs).expanduser().absolute()
    directory = RunDirectory(home / planned.run_id)
    summary, stored = directory.read_summary(), directory.read_config()
    if summary is None or stored is None or summary.get("status") not in (FINISHED, FAILED):
        return None
    if config_fingerprint(stored) != config_fingerprint(planned.composition.plain):
        return None
    return str(summary["status"]), summary.get("reason"), directory.read_history()


def _best(history: Sequence[Mapping[str, Any]], sweep: SweepRecord) -> tuple[float | None, int | None]:
    """Return the best epoch's value of the sweep's metric, and that epoch."""
    known = [
        (value, int(record["epoch"]))
        for record in history
        if (value := finite(record.get(sweep.metric))) is not None
    ]
    if not known:
        return None, None
    sign = -1.0 if sweep.goal == "maximize" else 1.0
    return min(known, key=lambda pair: (sign * pair[0], pair[1]))
