"""What a sweep showed, in sentences and figures: the head of its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from swatch.report.labels import count_of, format_metric, metric_label, short_names
from swatch.report.ranking import best_epoch, result_text, value_of
from swatch.report.sweep.importance import FEW, Importance
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState


@dataclass(frozen=True)
class Reason:
    """Why trials failed or crashed, and which."""

    text: str
    numbers: tuple[int, ...]


def headline(sweep: SweepRecord, trials: Sequence[TrialRecord], best: TrialRecord | None) -> str:
    """Return the finding in one sentence; it says so if there is none yet."""
    if not trials:
        return "No trial has started yet."
    values = [value for trial in trials if (value := value_of(trial)) is not None]
    metric = metric_label(sweep.metric)
    if best is None or not values:
        states = ", ".join(f"{number} {state}" for state, number in states_of(trials))
        yet = "" if sweep.state == "finished" else " yet"
        return f"No trial has a {metric}{yet}: {states}."
    if len(values) > 1 and min(values) == max(values):
        return (
            f"All {len(values)} trials with a result reached the same {metric}, {format_metric(values[0])}."
        )
    so_far = "" if sweep.state == "finished" else "So far, "
    extreme = "highest" if sweep.goal == "maximize" else "lowest"
    epoch = best_epoch(best) if len(best.history) > 1 else None
    at = f" at epoch {epoch}" if epoch is not None else ""
    of = f" of {count_of(len(trials), 'trial')}" if len(trials) > 1 else ""
    sentence = f"trial {best.number} has the {extreme} {metric}{of}: {result_text(best)}{at}."
    return so_far + sentence if so_far else sentence[0].upper() + sentence[1:]


def importance_sentence(importance: Importance | None) -> str | None:
    """Return what matters most, or None where the data do not carry it."""
    if importance is None or importance.trials < FEW or importance.r2 is None or importance.r2 < 0.1:
        return None
    first, *others = importance.parameters
    names = short_names(item.key for item in importance.parameters)
    sentence = f"{names[first.key]} matters most ({first.share:.0%} of the variance)"
    if others and others[0].share >= 0.1:
        sentence += f", then {names[others[0].key]} ({others[0].share:.0%})"
    return sentence + "."


def importance_notes(importance: Importance) -> list[str]:
    """Return the caveats that a reader of the importance needs."""
    notes = []
    if importance.trials < FEW:
        notes.append(
            f"Only {importance.trials} trials have ended: too few to mean much. "
            f"Read this from about {FEW} trials on."
        )
    if importance.r2 is None or importance.r2 < 0.1:
        notes.append("The forest cannot predict trials it has not seen: the shares below may be chance.")
    return notes


def states_of(trials: Sequence[TrialRecord]) -> list[tuple[TrialState, int]]:
    """Return how many trials are in each state, in the order in which the report names states."""
    counts = Counter(trial.state for trial in trials)
    order = (
        TrialState.FINISHED,
        TrialState.STOPPED,
        TrialState.RUNNING,
        TrialState.WAITING,
        TrialState.FAILED,
        TrialState.CRASHED,
    )
    return [(state, counts[state]) for state in order if counts[state]]


def failures(trials: Sequence[TrialRecord]) -> list[Reason]:
    """Return the reasons for which trials failed or crashed, the most frequent first."""
    numbers: dict[str, list[int]] = {}
    for trial in sorted(trials, key=lambda trial: trial.number):
        if trial.state in (TrialState.FAILED, TrialState.CRASHED):
            numbers.setdefault(trial.reason or f"{trial.state} without a reason", []).append(trial.number)
    reasons = [Reason(text, tuple(found)) for text, found in numbers.items()]
    return sorted(reasons, key=lambda reason: (-len(reason.numbers), reason.numbers))


def wall_clock(trials: Sequence[TrialRecord]) -> float | None:
    """Return the seconds from the first start to the last end among the trials, or None if none has ended."""
    starts = [trial.started for trial in trials if trial.started is not None]
    ends = [trial.ended for trial in trials if trial.ended is not None]
    return (max(ends) - min(starts)).total_seconds() if starts and ends else None


def trial_time(trials: Sequence[TrialRecord]) -> float | None:
    """Return the sum of the ended trials' seconds, or None if none has ended."""
    seconds = [trial.seconds for trial in trials if trial.seconds is not None]
    return sum(seconds) if seconds else None
