"""How one sweep searches: everything that a proposal depends on but the trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from swatch.errors import UserError
from swatch.sweep.config.metric import Metric
from swatch.sweep.prior.known import KnownPoint
from swatch.sweep.records import TrialRecord
from swatch.sweep.search import Proposal, check_search, propose
from swatch.sweep.space.search_space import SearchSpace

if TYPE_CHECKING:
    from swatch.sweep.search.bayes import Belief
    from swatch.sweep.search.bayes.expectation import Expectation


@dataclass(frozen=True)
class Search:
    """The search of a sweep; its answers depend on the trials and on what it is made of, alone."""

    space: SearchSpace
    method: str
    """One of :data:`swatch.sweep.search.METHODS`."""
    seed: int
    goal: str
    """``"minimize"`` or ``"maximize"``, the direction of the trials' ``objective``."""
    metrics: tuple[Metric, ...] = ()
    """The YAML's metric, or several; empty where it names none."""
    known: tuple[KnownPoint, ...] = ()
    """Points from ``--prior``: with a result part of the history, without one tried first."""
    stop_gain: float | None = None
    """``--stop-gain``; None to go on until the sweep has all its trials."""

    def check(self) -> None:
        """Raise UserError for what does not go together, before anything starts."""
        check_search(self.space, self.method, stop_gain=self.stop_gain)
        if len(self.metrics) > 1 and self.stop_gain is not None:
            raise UserError("--stop-gain is in the units of one metric, and the YAML has several `metrics`.")
        if len(self.metrics) > 1 and self._known_trials():
            raise UserError(
                "--prior brings results of one metric, and the YAML has several `metrics`; points without "
                "results (a file without that column) can be given, to be tried first."
            )

    def propose(self, trials: Sequence[TrialRecord], *, number: int, count: int | None) -> Proposal:
        """Return the point of trial ``number``, or why there is none, as :func:`swatch.sweep.search.propose`.

        ``trials`` are the sweep's own, with their histories. Raises UserError if the method cannot search
        the space.
        """
        # After an edit of the sweep some of them may lie outside.
        inside = [known for known in self.known if self.space.contains(known.point)]
        to_try = [known.point for known in inside if known.value is None]
        if number < len(to_try):
            taken = {trial.point_key for trial in trials}
            if self.space.point_key(to_try[number]) not in taken:
                return dict(to_try[number])
        goal, seen = self.goal, [*self._known_trials(), *trials]
        if len(self.metrics) > 1:
            goal, seen = "minimize", self._scalarised(seen, number)
        elif self.metrics and self.method == "bayes":
            from swatch.sweep.search.imputing import imputed

            seen = imputed(self._continued(seen), self.metrics[0])
        return propose(
            self.space,
            self.method,
            seen,
            number=number,
            seed=self.seed,
            goal=goal,
            count=count,
            stop_gain=self.stop_gain,
        )

    def believe(self, trials: Sequence[TrialRecord]) -> Belief | None:
        """Return what a model makes of the trials, whatever the method; None while they say too little.

        Also None for several objectives, of which no one is the best. The best of the trials is the first of
        :meth:`expect`; it is the optimum, too, if nothing better is expected of any other configuration.
        """
        from swatch.sweep.search.bayes import Prediction, believe

        if len(self.metrics) > 1:
            return None
        seen = self._continued([*self._known_trials(), *trials])
        belief = believe(self.space, seen, goal=self.goal, seed=self.seed)
        expected = self.expect(trials)
        if belief is None or not expected:
            return belief
        first = expected[0]
        point = next(trial.point for trial in trials if trial.number == first.trial)
        best = Prediction(point, first.mean, first.deviation, first.trial)
        # The two come from two models: that of the optimum has seen the stopped trials, too.
        sign = -1.0 if self.goal == "maximize" else 1.0
        optimum = belief.optimum if sign * belief.optimum.mean < sign * best.mean else best
        return replace(belief, optimum=optimum, best_by_mean=best)

    def expect(self, trials: Sequence[TrialRecord]) -> list[Expectation]:
        """Return what a model expects of every trial, the best expectation first.

        Nothing while they say too little, and for several objectives. Unlike :meth:`believe` it leaves out
        trials that were stopped early, once enough others have finished.
        """
        from swatch.sweep.search.bayes.expectation import expectations

        if len(self.metrics) > 1:
            return []
        return expectations(self.space, self._continued([*self._known_trials(), *trials]), goal=self.goal)

    def _continued(self, trials: Sequence[TrialRecord]) -> Sequence[TrialRecord]:
        from swatch.sweep.search.continuing import as_if_continued

        return as_if_continued(trials, self.metrics[0].name, self.goal) if self.metrics else trials

    def _known_trials(self) -> list[TrialRecord]:
        results = [known for known in self.known if known.value is not None]
        return [known.as_trial(self.space, index - len(results)) for index, known in enumerate(results)]

    def _scalarised(self, trials: list[TrialRecord], number: int) -> list[TrialRecord]:
        from swatch.sweep.search.pareto import scalarised

        return scalarised(trials, self.metrics, seed=self.seed, number=number)
