"""How a sweep searches and stops, as asked for on the command line beside its YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swatch.sweep.config import SweepConfig
from swatch.sweep.prior.reading import read_prior
from swatch.sweep.pruners import parse_pruner
from swatch.sweep.search import search_of
from swatch.sweep.search.searching import Search
from swatch.sweep.space.search_space import SearchSpace


@dataclass(frozen=True)
class SearchOptions:
    """What the YAML cannot say. Nothing given leaves everything to the YAML."""

    sampler: str | None = None
    """In place of the YAML's method: a key of :data:`swatch.sweep.search.SAMPLERS`."""
    pruner: str | None = None
    """In place of the YAML's ``early_terminate``: see :func:`swatch.sweep.pruners.parse_pruner`."""
    prior: tuple[str, ...] = ()
    """Runs, sweeps and files of known points: see :func:`swatch.sweep.prior.reading.read_prior`."""
    stop_gain: float | None = None
    """End the sweep once another trial is expected to gain less than this, in the metric's units."""

    def method(self, config: SweepConfig) -> str:
        """Return the search; raises UserError for a sampler that there is not, and beside a grid."""
        return search_of(config.method, self.sampler)

    def check(
        self,
        config: SweepConfig,
        space: SearchSpace,
        *,
        metric: str,
        goal: str,
        seed: int,
        home: Path,
        storage: str | None,
    ) -> CheckedSearch:
        """Read and check everything; ``space``, ``metric`` and ``goal`` are those that the sweep will have.

        Raises UserError for whatever the user must mend.
        """
        parse_pruner(self.pruner, config.early_terminate)
        prior = read_prior(self.prior, space, metric=metric, goal=goal, home=home, storage=storage)
        search = Search(
            space, self.method(config), seed, goal, config.metrics, prior.points, stop_gain=self.stop_gain
        )
        search.check()
        given = {
            "pruner": self.pruner,
            "stop_gain": self.stop_gain,
            "prior": [known.record() for known in prior.points] or None,
        }
        options = {key: value for key, value in given.items() if value is not None}
        return CheckedSearch(search, options, list(prior.notices))


@dataclass(frozen=True)
class CheckedSearch:
    """A search that works."""

    search: Search
    options: dict[str, Any] = field(default_factory=dict)
    """For the sweep's record; :class:`swatch.sweep.restored.RestoredSweep` makes the same of them."""
    notices: list[str] = field(default_factory=list)
    """What is worth a word, one line each."""
