"""What of a sweep that is tracked online has arrived at the W&B server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from swatch.sweep.names import counted
from swatch.sweep.records import SweepRecord, TrialRecord

if TYPE_CHECKING:
    from swatch.tracking.remote_sweep import RemoteSweep


def registered(sweep: SweepRecord) -> RemoteSweep | None:
    """Return where the sweep is registered, the latest place if there are several; None if nowhere."""
    if not sweep.options.get("wandb"):
        return None
    from swatch.tracking.registration import registrations

    return registrations(sweep.options)[-1]


def page(sweep: SweepRecord) -> str | None:
    """Return the address of the sweep's page in W&B's UI, or None if it is registered nowhere."""
    remote = registered(sweep)
    if remote is None:
        return None
    from swatch.tracking.registration import sweep_url

    return sweep_url(remote)


def missing(home: Path, sweep: SweepRecord, trials: Sequence[TrialRecord]) -> str | None:
    """Return the line that says what did not reach the server, with the command that sends it.

    Only runs whose directories lie in ``home`` are looked at: those of other machines are sent from there.
    None if nothing is missing, and for a sweep that is not tracked online.
    """
    if sweep.options.get("tracking", {}).get("mode") != "online":
        return None
    command = f"`swatch sync {sweep.id}`"
    remote = registered(sweep)
    if remote is None:
        return f"The sweep did not reach W&B; {command} sends it with its runs."
    over = [run for trial in trials if trial.state.is_over for run in trial.each_run()]
    here = [run for run in over if (home / run.run_id).is_dir()]
    lacking = sum(not _has_arrived(home / run.run_id, remote) for run in here)
    if not lacking:
        return None
    return f"{lacking} of {counted(len(here), 'run')} did not reach W&B; {command} sends what is missing."


def _has_arrived(directory: Path, remote: RemoteSweep) -> bool:
    """Whether the server has all of a run, as a member of the sweep."""
    from swatch.tracking import RunDirectory

    told = RunDirectory(directory).read_tracking()
    return told is not None and told.sent and told.sweep_id == remote.sweep_id
