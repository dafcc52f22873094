"""How the trials of a sweep stand: by their results, and by what the model makes of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from swatch.errors import RunFailed, UserError, did_you_mean
from swatch.sweep.config.metric import Metric
from swatch.sweep.names import counted
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState

if TYPE_CHECKING:
    from swatch.sweep.search.bayes.expectation import Expectation

RUN, MEAN = "run", "mean"
RANKINGS = (RUN, MEAN)
_REASON_LENGTH = 80


@dataclass(frozen=True)
class Standing:
    """The trials of a sweep in order, once by their results and once by the model's expectation."""

    sweep: SweepRecord
    trials: tuple[TrialRecord, ...]
    """All of them, the best result first; those without a value last."""
    by_run: tuple[TrialRecord, ...]
    """Those that ended with a result, the best first."""
    by_mean: tuple[TrialRecord, ...] = ()
    """The same by the posterior mean of the model; none where it has nothing to say."""
    expectations: Mapping[int, Expectation] = field(default_factory=dict)
    """Trial number to what the model expects of it."""
    metrics: tuple[Metric, ...] = ()
    """Those of the YAML."""
    front: tuple[TrialRecord, ...] = ()
    """In a sweep with several metrics, the trials that no other one beats in all of them."""

    @property
    def has_several_metrics(self) -> bool:
        """Whether there is a front instead of one best."""
        return len(self.metrics) > 1

    @property
    def unfinished(self) -> int:
        """How many trials run or wait."""
        return sum(not trial.state.is_over for trial in self.trials)

    def top(self, count: int) -> list[TrialRecord]:
        """Return the first ``count`` of both rankings, each trial once, those by result first."""
        chosen = (*self.by_run[:count], *self.by_mean[:count])
        return list({trial.number: trial for trial in chosen}.values())

    def chosen(self, ranking: str = RUN, number: int | None = None) -> TrialRecord:
        """Return the trial that is meant: the one of that number, else the first of a ranking.

        Raises:
            UserError: there is no such trial, it has no result, or the sweep has several metrics and so
                no best trial.
            RunFailed: no trial has a result yet.
        """
        if number is not None:
            return self._numbered(number)
        if self.has_several_metrics:
            numbers = ", ".join(str(trial.number) for trial in self.front)
            raise UserError(
                f"sweep {self.sweep.id} has several metrics and no single best trial; choose one of the "
                f"Pareto front ({numbers or 'which is still empty'}) with --trial N"
            )
        if not self.by_run:
            raise RunFailed(self.why_no_result())
        if ranking == MEAN and not self.by_mean:
            raise UserError(
                f"--by {MEAN}: the model says nothing of sweep {self.sweep.id} yet; it takes four results "
                f"that differ. --by {RUN} takes the best result"
            )
        return (self.by_mean if ranking == MEAN else self.by_run)[0]

    def why_no_result(self) -> str:
        """Return why there is no best trial, with what became of the trials."""
        text = f"no trial of sweep {self.sweep.id} has a result yet"
        counts = {
            state: sum(trial.state is state for trial in self.trials)
            for state in TrialState
            if any(trial.state is state for trial in self.trials)
        }
        if counts:
            text += f" ({', '.join(f'{number} {state.value}' for state, number in counts.items())})"
        reasons = [_first_line(trial.reason) for trial in self.trials if trial.reason]
        if reasons:
            text += f"; one reason: {reasons[0]}"
        return f"{text}; `swatch sweep --status {self.sweep.id}` shows it."

    def _numbered(self, number: int) -> TrialRecord:
        found = {trial.number: trial for trial in self.trials}
        if number not in found:
            near = did_you_mean(str(number), map(str, found))
            has = f"its trials are 0 to {max(found)}" if found else "it has no trials yet"
            raise UserError(f"--trial {number}: sweep {self.sweep.id} has no such trial; {has}.{near}")
        trial = found[number]
        if not trial.state.has_result:
            reason = f" ({_first_line(trial.reason)})" if trial.reason else ""
            raise UserError(
                f"--trial {number}: it is {trial.state.value}{reason} and has no result to go by; "
                f"{counted(len(self.by_run), 'trial')} of sweep {self.sweep.id} "
                f"{'has' if len(self.by_run) == 1 else 'have'} one"
            )
        return trial


def _first_line(reason: str) -> str:
    first = reason.strip().partition("\n")[0]
    return first if len(first) <= _REASON_LENGTH else f"{first[: _REASON_LENGTH - 1]}…"


def several_metrics(sweep: SweepRecord) -> tuple[Metric, ...]:
    """Return the metrics of a sweep that has several, and so a front and no best; nothing for one metric."""
    from swatch.sweep.config import SweepConfig

    with suppress(UserError):
        metrics = tuple(SweepConfig.from_yaml(sweep.yaml, f"sweep {sweep.id}").metrics)
        return metrics if len(metrics) > 1 else ()
    return ()


def standing(sweep: SweepRecord, trials: Sequence[TrialRecord]) -> Standing:
    """Order the trials of a sweep.

    Args:
        sweep: Which.
        trials: All of its trials, with points and, if it has several metrics, histories.
    """
    from swatch.report.ranking import ranked, value_of
    from swatch.sweep.restored import RestoredSweep
    from swatch.sweep.search.pareto import pareto_front

    order = tuple(ranked(sweep, trials))
    by_run = tuple(trial for trial in order if trial.state.has_result and value_of(trial) is not None)
    restored = RestoredSweep.of(sweep)
    found = {trial.number: trial for trial in by_run}
    expected = [each for each in restored.search.expect(trials) if each.trial in found]
    several = len(restored.config.metrics) > 1
    return Standing(
        sweep=sweep,
        trials=order,
        by_run=by_run,
        by_mean=tuple(found[each.trial] for each in expected),
        expectations={each.trial: each for each in expected},
        metrics=restored.config.metrics,
        front=tuple(pareto_front(trials, restored.config.metrics)) if several else (),
    )
