"""What a sweep would do: its space, its next configurations, and how long it would take. Starts nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from swatch.sweep.home import storage_of
from swatch.sweep.ledger import Ledger
from swatch.sweep.names import counted
from swatch.sweep.opening.editing import changes_of
from swatch.sweep.opening.finding import find_sweep
from swatch.sweep.opening.preparing import Prepared, SweepRequest, prepare
from swatch.sweep.records import Point, TrialRecord, TrialState
from swatch.sweep.restored import RestoredSweep
from swatch.sweep.search import Signal

if TYPE_CHECKING:
    from swatch.compose import Composition

SHOWN = 10
TIMING_SECONDS = 6.0
"""No further configuration is timed after so many seconds."""


@dataclass(frozen=True)
class Candidate:
    """A configuration that would be tried."""

    number: int
    point: Point
    config: Mapping[str, Any]
    """Its composed config, flat: dotted key to value."""


@dataclass(frozen=True)
class Estimate:
    """How long the trials that are left would take."""

    trial_seconds: tuple[float, ...]
    """What single trials took or would take."""
    source: str
    """Where these numbers come from, in words."""


@dataclass(frozen=True)
class Preview:
    """A sweep before it starts."""

    prepared: Prepared
    sweep_id: str
    trials: tuple[TrialRecord, ...]
    """Those that it has already, if it goes on."""
    candidates: tuple[Candidate, ...]
    estimate: Estimate | None
    """None if nothing is known from which to reckon."""

    @property
    def left(self) -> int | None:
        """How many trials there would be to do; None without a limit."""
        over = sum(trial.state.is_over for trial in self.trials)
        return None if self.prepared.count is None else max(0, self.prepared.count - over)


def preview(request: SweepRequest) -> Preview:
    """Check a sweep as if it were to start, and look ahead. Nothing is started, fetched or written.

    Raises UserError for what the user must mend.
    """
    prepared = prepare(request, fetch=False)
    sweep_id, trials = _earlier(prepared)
    composed = _candidates(prepared, trials)
    candidates = tuple(candidate for candidate, _ in composed)
    estimate = _from_trials(trials) or _from_timing([config for _, config in composed if config is not None])
    return Preview(prepared, sweep_id, tuple(trials), candidates, estimate)


def _earlier(prepared: Prepared) -> tuple[str, list[TrialRecord]]:
    """Return the sweep's id and the trials that it has."""
    request = prepared.request
    named = request.name is not None
    found = find_sweep(
        prepared.home, prepared.base, prepared.made_from, request.storage, named=named, create=False
    )
    if not found.exists:
        return found.id, []
    ledger = Ledger(storage_of(prepared.home, found.id, request.storage, must_exist=True))
    try:
        if found.is_other:
            changes = changes_of(ledger, found.id, prepared)
            prepared.notices.extend([f"sweep {found.id} would be edited:", *(f"  {c}" for c in changes)])
        return found.id, ledger.trials(found.id)
    finally:
        ledger.close()


def _candidates(prepared: Prepared, earlier: list[TrialRecord]) -> list[tuple[Candidate, Composition | None]]:
    """Return the next configurations, as if those before were still running, and what Hydra makes of them."""
    restored = RestoredSweep.of(prepared.record("preview"))
    trials, found = list(earlier), []
    end = len(trials) + SHOWN if prepared.count is None else min(len(trials) + SHOWN, prepared.count)
    while len(trials) < end:
        number = len(trials)
        point = prepared.search.propose(trials, number=number, count=prepared.count)
        if isinstance(point, Signal):
            break
        trials.append(_pending(number, point, prepared.space.point_key(point)))
        found.append(_composed(restored, number, point))
    return found


def _pending(number: int, point: Point, key: str) -> TrialRecord:
    return TrialRecord(number=number, point=point, point_key=key, run_id="", seed=0, state=TrialState.WAITING)


def _composed(restored: RestoredSweep, number: int, point: Point) -> tuple[Candidate, Composition | None]:
    if restored.sweep.function is not None:
        return Candidate(number, point, restored.space.full_point(point)), None
    from swatch.compose import compose

    composition = compose(restored.overrides(point))
    # A chosen group is no key of the config that it gives; here it stands beside what it brings.
    config = {**_flat(composition.plain), **{key: point[key] for key in point if key in composition.choices}}
    return Candidate(number, point, config), composition


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _from_trials(trials: list[TrialRecord]) -> Estimate | None:
    lasted = tuple(t.seconds for t in trials if t.state.has_result and t.seconds is not None)
    return Estimate(lasted, f"{counted(len(lasted), 'trial')} of this sweep so far") if lasted else None


def _from_timing(compositions: list[Composition]) -> Estimate | None:
    """Train a few steps of each configuration, while there is time."""
    if not compositions:
        return None
    from swatch.training.timing import time_training

    begin, seconds = time.monotonic(), []
    for composition in compositions:
        timing = time_training(composition)
        if timing is None:
            return None
        seconds.append(timing.seconds)
        if time.monotonic() - begin > TIMING_SECONDS:
            break
    what = counted(len(seconds), "configuration")
    return Estimate(tuple(seconds), f"a few training steps of {what}, one at a time on this machine")
