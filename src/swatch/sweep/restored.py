"""A sweep read back from the ledger: its config, space and stopping rule, ready to work on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from swatch.sweep.config import SweepConfig
from swatch.sweep.ledger.axes import axes
from swatch.sweep.ledger.mirror import Axis
from swatch.sweep.prior.known import KnownPoint
from swatch.sweep.pruners import Rule, parse_pruner
from swatch.sweep.records import Point, SweepRecord
from swatch.sweep.search.searching import Search
from swatch.sweep.space.search_space import SearchSpace


@dataclass(frozen=True)
class RestoredSweep:
    """Everything that an agent needs to know of its sweep, from the ledger alone."""

    sweep: SweepRecord
    config: SweepConfig
    space: SearchSpace

    @classmethod
    def of(cls, sweep: SweepRecord) -> RestoredSweep:
        """Read the sweep's YAML again; it was checked when the sweep was made."""
        config = SweepConfig.from_yaml(sweep.yaml, f"sweep {sweep.id}")
        pinned = sweep.options.get("pinned", ())
        swept = {key: dist for key, dist in config.parameters.items() if key not in pinned}
        conditions, linked = _read(sweep.options.get("conditions", {})), sweep.options.get("linked", ())
        return cls(sweep, config, SearchSpace(swept, conditions, frozenset(linked)))

    @cached_property
    def rule(self) -> Rule | None:
        """The stopping rule: the one that ``--pruner`` named, else the YAML's."""
        return parse_pruner(self.sweep.options.get("pruner"), self.config.early_terminate)

    @cached_property
    def search(self) -> Search:
        """How the sweep chooses its points."""
        known = tuple(KnownPoint(**entry) for entry in self.sweep.options.get("prior", ()))
        return Search(
            self.space,
            self.sweep.method,
            self.sweep.seed,
            self.sweep.goal,
            self.config.metrics,
            known,
            stop_gain=self.sweep.options.get("stop_gain"),
        )

    @cached_property
    def axes(self) -> dict[str, Axis]:
        """The parameters as Optuna sees them."""
        return axes(self.space.parameters)

    def reached(self, objective: float | None) -> bool:
        """Whether an objective is as good as the target of the YAML, if it names one."""
        metric = self.config.metric
        return metric is not None and objective is not None and metric.reached(objective)

    def seed_of(self, point: Point) -> int:
        """Return the seed of a point's run: the swept one, else the same for all, so that points compare."""
        full = self.space.settings(point)
        return int(full.get("seed", self.sweep.options.get("run_seed", 0)))

    def overrides(self, point: Point) -> tuple[str, ...]:
        """Return the Hydra overrides that make up a point's config; none in a sweep of a function.

        The point wins over the sweep's own settings of the same key.
        """
        if self.sweep.function is not None:
            return ()
        taken = self.space.settings(point)
        base = self.sweep.options.get("base_overrides", ())
        kept = [text for text in base if text.partition("=")[0] not in taken]
        return (*kept, *self.sweep.overrides, *self.space.overrides(point))


def store_conditions(conditions: Mapping[str, Mapping[str, frozenset[str]]]) -> dict[str, Any]:
    """Return a space's conditions as plain values for the ledger."""
    return {key: {g: sorted(choices) for g, choices in groups.items()} for key, groups in conditions.items()}


def _read(stored: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, dict[str, frozenset[str]]]:
    return {key: {g: frozenset(choices) for g, choices in groups.items()} for key, groups in stored.items()}
