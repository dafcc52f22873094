"""What there is to send: every run of the target with what is known of it here."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.liveness import LivenessWatch
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState
from swatch.sweep.sync.folders import Folders, best_of, is_alive
from swatch.tracking import RunDirectory
from swatch.tracking.replay import Ending, ending_of, summary_so_far

NOT_OVER = "waits for its next attempt"


class Presence(enum.Enum):
    """What of a run is here."""

    HERE = "its directory"
    LEDGER = "what the ledger knows of it"
    RUNNING = "still running"
    ABSENT = "not on this machine"


@dataclass(frozen=True)
class Item:
    """One run."""

    run_id: str
    name: str
    """What the report calls it."""
    presence: Presence
    directory: RunDirectory | None = None
    ending: Ending | None = None
    """None of a run that is not over, or whose end nobody here knows."""
    rows: int = 0
    """Epochs that it logged."""
    trial: TrialRecord | None = None
    sweep: SweepRecord | None = None
    """The sweep of the trial, whose ledger may be one of several."""
    note: str = ""
    """Why its directory is not sent."""


@dataclass(frozen=True)
class Situation:
    """A sweep as one ledger has it at one moment."""

    sweep: SweepRecord
    trials: Sequence[TrialRecord]
    """With repeats, every run as a trial."""
    dead_agents: frozenset[str] = field(default_factory=frozenset)
    is_worked_on: bool = False
    """Whether living agents work on it, who take up waiting trials at any moment."""
    is_on_one_machine: bool = True

    @classmethod
    def of(cls, ledger: Ledger, sweep_id: str) -> Situation:
        """Read a ledger."""
        processes = ledger.processes(sweep_id)
        dead = {process.id for process in LivenessWatch(one_machine=ledger.is_sqlite).dead(processes)}
        known = {process.id for process in processes}
        trials = [run for trial in ledger.trials(sweep_id) for run in trial.each_run()]
        # An agent that said goodbye is not among the processes, and has no trial under way.
        dead |= {trial.agent for trial in trials if trial.agent is not None} - known
        return cls(
            sweep=ledger.sweep(sweep_id),
            trials=trials,
            dead_agents=frozenset(dead),
            is_worked_on=bool(known - dead),
            is_on_one_machine=ledger.is_sqlite,
        )


def items_of(situations: Sequence[Situation], folders: Folders, *, from_ledger: bool) -> list[Item]:
    """Return the runs of a sweep by number.

    Args:
        situations: One of every ledger. Where several know of a trial, as copies do, the one that knows most
            counts.
        folders: Where run directories are looked for.
        from_ledger: Whether runs without a directory here are to be sent from what the ledger knows.
    """
    found: dict[str, tuple[Situation, TrialRecord]] = {}
    for situation in situations:
        for trial in situation.trials:
            other = found.get(trial.run_id)
            if other is None or _knowledge(trial) > _knowledge(other[1]):
                found[trial.run_id] = (situation, trial)
    ordered = sorted(found.values(), key=lambda pair: (pair[1].number, pair[1].run_id))
    return [_item(situation, trial, folders, from_ledger) for situation, trial in ordered]


def run_item(directory: RunDirectory, run_id: str) -> Item:
    """Return the item of a run that no ledger knows."""
    item = Item(run_id, f"run {run_id}", Presence.HERE, directory)
    if is_alive(directory):
        return replace(item, presence=Presence.RUNNING)
    return replace(item, ending=ending_of(directory), rows=len(directory.read_history()))


def _knowledge(trial: TrialRecord) -> tuple[bool, int, int]:
    return trial.state.is_over, trial.attempts, len(trial.history)


def _item(situation: Situation, trial: TrialRecord, folders: Folders, from_ledger: bool) -> Item:
    item = Item(
        trial.run_id,
        f"trial {trial.number} ({trial.run_id})",
        Presence.ABSENT,
        trial=trial,
        sweep=situation.sweep,
        rows=len(trial.history),
    )
    directories = folders.runs(trial.run_id)
    if _runs(situation, trial) or any(is_alive(directory) for directory in directories):
        return replace(item, presence=Presence.RUNNING)
    if trial.state is TrialState.WAITING and situation.is_worked_on:
        return replace(item, presence=Presence.RUNNING, note=NOT_OVER)
    directory = best_of(directories)
    if directory is not None and not situation.is_on_one_machine and _is_outdated(directory, trial):
        directory, item = None, replace(item, note="an earlier attempt is here, not the last one")
    if directory is not None:
        return replace(
            item,
            presence=Presence.HERE,
            directory=directory,
            ending=trial_ending(situation.sweep, trial, directory),
            rows=len(directory.read_history()),
        )
    ending = Ending(*_words(trial), summary=_rest(trial.summary))
    # A trial that failed before its run began never had a directory: the ledger knows all of it.
    is_all = not trial.history and not trial.summary and trial.state.is_over
    if from_ledger or is_all:
        return replace(item, presence=Presence.LEDGER, ending=ending)
    return replace(item, ending=ending if trial.state.is_over else None)


def trial_ending(sweep: SweepRecord, trial: TrialRecord, directory: RunDirectory) -> Ending:
    """Return how a trial's run ended: the directory knows it, unless the run was killed."""
    own = directory.read_summary()
    if own is not None and (own["status"] != "interrupted" or not trial.state.is_over):
        return ending_of(directory)
    status, reason = _words(trial)
    summary = trial.summary if trial.state.has_result else None
    return Ending(status, reason, _rest(summary or summary_so_far(directory, sweep.metric, sweep.goal)))


def _words(trial: TrialRecord) -> tuple[str, str | None]:
    """Return the status and reason of a trial in the words of a run."""
    if trial.state.is_over:
        return trial.state.value, trial.reason
    return "interrupted", trial.reason or "its process died"


def _rest(summary: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in summary.items() if key not in ("status", "reason")}


def _runs(situation: Situation, trial: TrialRecord) -> bool:
    return trial.state is TrialState.RUNNING and trial.agent not in situation.dead_agents


def _is_outdated(directory: RunDirectory, trial: TrialRecord) -> bool:
    """Whether the ledger knows of a later attempt than the directory: it ran on another machine."""
    summary = directory.read_summary()
    if trial.state.has_result:
        return summary is None or summary.get("status") not in ("finished", "stopped")
    return len(directory.read_history()) < len(trial.history)
