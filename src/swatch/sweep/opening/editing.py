"""Editing a sweep that has begun: what may change, and what its trials so far rule out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from swatch.errors import UserError
from swatch.sweep.config import SweepConfig
from swatch.sweep.distributions import Constant, Distribution, canonical
from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.axes import axis
from swatch.sweep.opening.preparing import Prepared
from swatch.sweep.records import SweepRecord, TrialRecord
from swatch.sweep.restored import RestoredSweep
from swatch.sweep.space.search_space import SearchSpace


def edit_sweep(ledger: Ledger, sweep_id: str, prepared: Prepared) -> list[str]:
    """Make the sweep what ``prepared`` describes and return what changed, one line each.

    Raises UserError for an edit that its trials rule out, as ``changes_of`` does; nothing is changed then.
    """
    changes = changes_of(ledger, sweep_id, prepared)
    # Without the defaults of a new sweep, which would put back what an earlier start chose.
    options = dict(prepared.options)
    if _overruled_pruner(RestoredSweep.of(ledger.sweep(sweep_id)), prepared) is not None:
        options["pruner"] = None
    record = replace(prepared.record(sweep_id), options=options)
    ledger.edit_sweep(record, identity=prepared.made_from)
    return changes


def changes_of(ledger: Ledger, sweep_id: str, prepared: Prepared) -> list[str]:
    """Return what the edit would change, one line each.

    The sweep's trials stay. So every one of them must be a point of the new space and must have been trained
    as the new sweep would train it: ranges may be widened, choices added, and what no trial has used taken
    away. Raises UserError, with the reason, for an edit that the trials so far rule out.
    """
    before = RestoredSweep.of(ledger.sweep(sweep_id))
    trials = ledger.trials(sweep_id, history=False)
    try:
        _check_making(before.sweep, prepared)
        if trials:
            _check_constants(before.space, prepared.space)
            _check_axes(before.space, prepared.space)
        for trial in trials:
            _check_trial(prepared.space, trial)
    except _Incompatible as reason:
        raise UserError(
            f"sweep {sweep_id} cannot be edited so: {reason}. Another --name makes it a sweep of its own; "
            f"to go on with it as it was: swatch sweep --resume {sweep_id}"
        ) from None
    changes = [
        *_settings(before.sweep, prepared.record(sweep_id)),
        *_parameters(before.space.parameters, prepared.space.parameters),
        *_stopping(before, prepared),
    ]
    return changes or ["nothing that matters to its trials"]


class _Incompatible(Exception):  # noqa: N818 - the reason in words
    """Why an edit is refused."""


def _check_making(before: SweepRecord, prepared: Prepared) -> None:
    request = prepared.request
    if before.function != request.function:
        old, new = (name or "the network" for name in (before.function, request.function))
        raise _Incompatible(f"it trains {old}, and the edited one {new}")
    old, new = f"{before.goal} {before.metric}", f"{prepared.goal} {prepared.metric}"
    if old != new:
        raise _Incompatible(f"its trials were judged by '{old}', not by '{new}'")
    if tuple(before.overrides) != tuple(request.overrides):
        old, new = (" ".join(given) or "none" for given in (before.overrides, request.overrides))
        raise _Incompatible(f"its trials were trained with other overrides (before: {old}; now: {new})")
    if before.repeats != request.repeats:
        raise _Incompatible(f"its trials have --repeats {before.repeats}, not {request.repeats}")


def _check_constants(before: SearchSpace, after: SearchSpace) -> None:
    for key in {**before.constants, **after.constants}:
        old, new = before.parameters.get(key), after.parameters.get(key)
        if old is None or new is None or _canonical_of(old) != _canonical_of(new):
            was = "was not set" if old is None else f"was {old.describe()}"
            now = "is not set" if new is None else f"is {new.describe()}"
            raise _Incompatible(f"{key} {was} and {now} now, and its trials were trained with the former")


def _check_axes(before: SearchSpace, after: SearchSpace) -> None:
    for key in before.swept.keys() & after.swept.keys():
        old, new = axis(before.swept[key]).kind, axis(after.swept[key]).kind
        if (old == "categorical") != (new == "categorical"):
            named = {True: "choices by name", False: "numbers"}
            raise _Incompatible(
                f"{key} was {named[old == 'categorical']} and is {named[new == 'categorical']} now"
            )


def _check_trial(space: SearchSpace, trial: TrialRecord) -> None:
    """Check that the trial's point is one of the space."""
    for key, value in trial.point.items():
        if key not in space.swept:
            raise _Incompatible(f"{key} is not swept any more, and trial {trial.number} has {key}={value}")
        if not space.swept[key].contains(value):
            now = space.swept[key].describe()
            raise _Incompatible(f"trial {trial.number} has {key}={value}, which is not in {now}")
    for key in space.swept:
        if key not in trial.point and space.is_active(key, trial.point):
            raise _Incompatible(f"{key} is new, and trial {trial.number} has no value of it")
        if key in trial.point and not space.is_active(key, trial.point):
            raise _Incompatible(f"{key} does not go with the other values of trial {trial.number} any more")


def _canonical_of(distribution: Distribution) -> str | None:
    """Return a constant's value in a form that equal values share; None for what is no constant."""
    return canonical(distribution.value) if isinstance(distribution, Constant) else None


def _early_terminate(config: SweepConfig) -> Any:
    return config.raw.get("early_terminate") or "none"


def _overruled_pruner(before: RestoredSweep, prepared: Prepared) -> str | None:
    """Return the ``--pruner`` of an earlier start that the edited ``early_terminate`` replaces, if any."""
    if prepared.options.get("pruner") or _early_terminate(before.config) == _early_terminate(prepared.config):
        return None
    earlier: str | None = before.sweep.options.get("pruner")
    return earlier


def _stopping(before: RestoredSweep, prepared: Prepared) -> list[str]:
    old, new = _early_terminate(before.config), _early_terminate(prepared.config)
    if old == new:
        return []
    overruled = _overruled_pruner(before, prepared)
    more = "" if overruled is None else f", in place of --pruner {overruled}"
    return [f"early_terminate: {old} -> {new}{more}"]


def _settings(before: SweepRecord, after: SweepRecord) -> list[str]:
    pairs: Sequence[tuple[str, Any, Any]] = (
        ("method", before.method, after.method),
        ("trials", before.count or "no limit", after.count or "no limit"),
        ("seed", before.seed, after.seed),
    )
    return [f"{name}: {old} -> {new}" for name, old, new in pairs if old != new]


def _parameters(before: Mapping[str, Distribution], after: Mapping[str, Distribution]) -> list[str]:
    lines = []
    for key in {**before, **after}:
        old, new = (space[key].describe() if key in space else None for space in (before, after))
        if old is None:
            lines.append(f"{key}: new, {new}")
        elif new is None:
            lines.append(f"{key}: gone (was {old})")
        elif old != new:
            lines.append(f"{key}: {old} -> {new}")
    return lines
