"""What the sweep page shows beyond the records: the model's belief, the metrics, and runs' files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from swatch.errors import UserError
from swatch.report.ranking import best_trial
from swatch.report.sweep.transfer import Transfer, transfer_of
from swatch.sweep.records import SweepRecord, TrialRecord

if TYPE_CHECKING:
    from swatch.sweep.config.metric import Metric
    from swatch.sweep.search.bayes.belief import Belief
    from swatch.tracking.tracker import SampleImages

MOST_MODELLED = 500
"""Beyond so many trials the model takes longer than a page may."""


@dataclass(frozen=True)
class Background:
    """All of it may be missing: the page then shows less."""

    belief: Belief | None = None
    metrics: tuple[Metric, ...] = ()
    """Those of the sweep's YAML."""
    samples: SampleImages | None = None
    """Images with the best run's answers."""
    transfer: Transfer | None = None
    """Configs that the sweep was given."""
    problems: tuple[str, ...] = ()
    """What could not be read, each in a sentence."""


NOTHING = Background()


def background_of(sweep: SweepRecord, trials: Sequence[TrialRecord], home: Path | None) -> Background:
    """Return what can be learned of a sweep beside its records; it never fails for what is damaged.

    Args:
        sweep: Which.
        trials: All of its trials, with points and histories.
        home: Where the run directories lie; None if they are out of reach.
    """
    problems: list[str] = []
    belief: Belief | None = None
    metrics: tuple[Metric, ...] = ()
    try:
        belief, metrics = _modelled(sweep, trials)
    except (UserError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        problems.append(f"The sweep's YAML or space could not be read for the model: {error}")
    best = best_trial(sweep, trials)
    samples = None
    if best is not None and home is not None and sweep.function is None:
        samples = _samples(home / best.run_id, problems)
    transfer = None if home is None else transfer_of(sweep, trials, home)
    return Background(belief, metrics, samples, transfer, tuple(problems))


def _modelled(sweep: SweepRecord, trials: Sequence[TrialRecord]) -> tuple[Belief | None, tuple[Metric, ...]]:
    from swatch.sweep.restored import RestoredSweep

    restored = RestoredSweep.of(sweep)
    metrics = tuple(restored.config.metrics)
    if sweep.method != "bayes" or len(trials) > MOST_MODELLED:
        return None, metrics
    return _placed(restored.search.believe(trials), trials), metrics


def _placed(belief: Belief | None, trials: Sequence[TrialRecord]) -> Belief | None:
    """Return the belief with the trial that has had the predicted optimum, if one has."""
    if belief is None or belief.optimum.trial is not None:
        return belief
    number = next((trial.number for trial in trials if trial.point == belief.optimum.point), None)
    return replace(belief, optimum=replace(belief.optimum, trial=number))


def _samples(run: Path, problems: list[str]) -> SampleImages | None:
    from swatch.tracking import RunDirectory
    from swatch.tracking.samples_file import read_samples

    path = RunDirectory(run).samples_file
    if not run.is_dir():
        problems.append(f"The best trial's run directory {run.name} is not there: its images are left out.")
        return None
    # Runs that nobody tracks keep no images.
    if not path.exists():
        return None
    found = read_samples(path)
    if found is None or not _fits(found[1]):
        problems.append(f"{path.name} of run {run.name} is damaged: its images are left out.")
        return None
    return found[1]


def _fits(samples: SampleImages) -> bool:
    """Whether the parts belong together: a file may be whole and yet hold something else."""
    count, classes = len(samples.images), len(samples.labels)
    answers = (samples.actual, samples.predicted)
    return (
        samples.images.ndim == 4
        and samples.images.shape[-1] in (1, 3)
        and all(each.shape == (count,) for each in (*answers, samples.probability))
        and all(bool(((each >= 0) & (each < classes)).all()) for each in answers)
    )
