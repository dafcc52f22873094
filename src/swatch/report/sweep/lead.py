"""How far the best trial leads the next one, and whether chance alone could make it so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from swatch.report.amounts import amount, is_share
from swatch.report.confusion import confusion_of
from swatch.report.ranking import ranked, value_of
from swatch.sweep.records import SweepRecord, TrialRecord

if TYPE_CHECKING:
    from swatch.sweep.search.bayes.belief import Belief

_CLEAR = 2.0
"""So many deviations are more than chance."""
_MOST_NAMED = 4


def lead_finding(sweep: SweepRecord, trials: Sequence[TrialRecord], belief: Belief | None) -> str | None:
    """Return the lead with its standard deviation, or None where nothing tells what chance does.

    Two results of variance v each, if independent, differ by chance with the variance 2 v. A training varies
    with its seed: v is the mean variance over the seeds of those trials that were repeated, divided by how
    many runs a result is the mean of; else the noise of the model. An accuracy p also varies with which n
    images judge it: v = p (1 - p) / n (binomial). Both trials are judged by the same images, so that their
    difference varies less than this says.
    """
    first, second, *_ = order = [*ranked(sweep, trials), None, None]
    one, two = (None if each is None else value_of(each) for each in (first, second))
    if first is None or second is None or one is None or two is None:
        return None
    if one == two:
        return _tie([str(each.number) for each in order if each is not None and value_of(each) == one])
    variances, sources = list[float](), list[str]()
    repeated = [trial for trial in trials if trial.spread is not None]
    if repeated:
        training = sum((trial.spread or 0.0) ** 2 for trial in repeated) / len(repeated)
        variances += [training / max(len(each.values), 1) for each in (first, second)]
        sources.append(f"the seeds of {len(repeated)} trials")
    elif belief is not None and belief.noise > 0:
        variances += [belief.noise**2] * 2
        sources.append("what the model takes for chance in a training")
    images = _images(sweep.metric, first, one)
    if images is not None:
        variances += [value * (1.0 - value) / images for value in (one, two)]
        sources.append(f"the choice of {images:,} images")
    if not sources:
        return None
    lead, deviation = abs(one - two), math.sqrt(sum(variances))
    text = f"Trial {first.number} leads trial {second.number} by {amount(sweep.metric, lead, deviation)}"
    verdict = "more than chance" if lead > _CLEAR * deviation else "which of them is better is open"
    return f"{text}: {verdict} (± from {' and '.join(sources)})."


def _tie(numbers: Sequence[str]) -> str:
    named = f"Trials {', '.join(numbers[:-1])} and {numbers[-1]}"
    who = named if len(numbers) <= _MOST_NAMED else f"{len(numbers)} trials"
    return f"{who} share the best result: which of them is better is open."


def _images(metric: str, trial: TrialRecord, value: float) -> int | None:
    """Return how many images the accuracy is a share of, or None if that is not known."""
    matrix = confusion_of(trial.summary) if is_share(metric) and "accuracy" in metric else None
    if matrix is None:
        return None
    # With repeats the matrix is of one run, the value the mean of several.
    is_same = trial.spread is not None or math.isclose(matrix.accuracy, value, abs_tol=0.5 / matrix.samples)
    return matrix.samples if is_same and 0.0 <= value <= 1.0 else None
