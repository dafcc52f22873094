"""What the stopping rule decided, and what that saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from swatch.report.labels import finite
from swatch.sweep.records import TrialRecord, TrialState


@dataclass(frozen=True)
class Verdict:
    """The last comparison of one trial."""

    number: int
    stop: bool
    epochs: int
    """How many the trial has logged."""
    band: int | None
    """The epoch at which it was compared."""
    threshold: float | None
    """The worst value that went on."""
    value: float | None
    """The trial's."""
    reason: str


@dataclass(frozen=True)
class Savings:
    """How many epochs early stopping left out."""

    stopped: int
    """Trials."""
    trials: int
    """Those that ended with a result."""
    trained: int
    """Epochs that those trials took."""
    whole: int
    """Epochs that they would have taken."""

    @property
    def share(self) -> float:
        """Saved epochs among all that the trials would have taken."""
        return 1.0 - self.trained / self.whole


def verdicts(trials: Sequence[TrialRecord]) -> list[Verdict]:
    """Return the last decision on each trial that was compared with others, by number."""
    found = []
    for trial in sorted(trials, key=lambda trial: trial.number):
        decision = trial.decision
        if not isinstance(decision, dict) or finite(decision.get("value")) is None:
            continue
        band = finite(decision.get("band"))
        found.append(
            Verdict(
                number=trial.number,
                stop=bool(decision.get("stop")),
                epochs=len(trial.history),
                band=None if band is None else int(band),
                threshold=finite(decision.get("threshold")),
                value=finite(decision.get("value")),
                reason=str(decision.get("reason") or ""),
            )
        )
    return found


def savings(trials: Sequence[TrialRecord]) -> Savings | None:
    """Return what stopping saved, or None if no trial was stopped or none says how long they would have been.

    A trial would have taken the epochs that its summary says were planned, else as many as the longest trial
    that was not stopped.
    """
    ended = [trial for trial in trials if trial.state.has_result and trial.history]
    stopped = [trial for trial in ended if trial.state is TrialState.STOPPED]
    if not stopped:
        return None
    longest = max((len(t.history) for t in ended if t.state is TrialState.FINISHED), default=None)
    whole = 0
    for trial in ended:
        planned = _planned(trial) or longest
        if planned is None:
            return None
        whole += max(planned, len(trial.history)) if trial.state is TrialState.STOPPED else len(trial.history)
    trained = sum(len(trial.history) for trial in ended)
    return Savings(len(stopped), len(ended), trained, whole) if whole > trained else None


def _planned(trial: TrialRecord) -> int | None:
    planned = finite(trial.summary.get("planned_epochs"))
    return int(planned) if planned is not None and planned > 0 else None
