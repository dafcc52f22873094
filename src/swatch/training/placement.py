"""Which directory a run lives in: a new one, or that of an interrupted run that goes on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from swatch.errors import UserError, did_you_mean
from swatch.files import make_folder
from swatch.tracking import RunDirectory
from swatch.tracking.naming import config_differences, config_fingerprint, run_id
from swatch.training import checkpoint_state
from swatch.training.checkpoint_state import Arrays
from swatch.training.outcome import FINISHED, INTERRUPTED, STOPPED, RunResult

AUTO, NEVER = "auto", "never"


@dataclass(frozen=True)
class Placement:
    """A run directory, held by this process, and the state to go on from."""

    directory: RunDirectory
    fingerprint: str
    checkpoint: Arrays | None
    ended: RunResult | None = None
    """The run's result, if it had ended before; then there is nothing to train."""


def fixed_run_id(configured: str | None) -> str | None:
    """Return ``run.id``, or the id that W&B's own agent gave this process, or None to make a new one.

    Raises:
        UserError: The id is no valid name for a folder and a wandb run.
    """
    chosen = configured or os.environ.get("WANDB_RUN_ID") or None
    if chosen is not None and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}", chosen):
        raise UserError(f"run.id is '{chosen}'; it may have letters, digits, '_', '-' and '.', at most 128")
    return chosen


@contextmanager
def place_run(
    home: Path, config: Mapping[str, Any], name: str, *, fixed_id: str | None, replace: bool, resume: str
) -> Iterator[Placement]:
    """Find or make the run's directory and hold it until the block ends.

    Args:
        home: The folder of all runs.
        config: The resolved config.
        name: The run's name; a new id is made of it.
        fixed_id: The id to use, if it is given; a run of that id that was interrupted goes on.
        replace: The id belongs to the caller (a sweep's trial): a run of the same config that has ended is
            taken as it is, any other run that cannot go on is overwritten.
        resume: ``"auto"``, ``"never"`` or the id of the run that must go on.

    Raises:
        UserError: The run to go on with does not exist, has ended, has another config, or is being trained
            by another process; or the folder cannot be written.
    """
    fingerprint = config_fingerprint(config)
    if resume not in (AUTO, NEVER):
        directory = RunDirectory(home / Path(resume).name)
        if not directory.path.is_dir():
            raise _missing(home, resume)
        with directory.locked():
            yield _named(directory, config, fingerprint)
        return
    if fixed_id is not None:
        directory = RunDirectory(home / fixed_id)
        with directory.locked():
            yield _fixed(directory, config, fingerprint, replace=replace, resume=resume)
        return
    for path in sorted(home.glob(f"*-{fingerprint}*"), reverse=True) if resume == AUTO else ():
        directory = RunDirectory(path)
        with directory.locked_if_free() as is_held:
            if is_held and _can_go_on(directory, fingerprint):
                yield Placement(directory, fingerprint, _checkpoint(directory, fingerprint))
                return
    directory = _new(home, run_id(name, fingerprint, datetime.now()))
    with directory.locked():
        yield Placement(directory, fingerprint, None)


def _named(directory: RunDirectory, config: Mapping[str, Any], fingerprint: str) -> Placement:
    summary, stored = directory.read_summary(), directory.read_config()
    if summary is not None and summary["status"] != INTERRUPTED:
        raise UserError(f"training.resume: run '{directory.path.name}' has ended ({summary['status']})")
    if stored is None or config_fingerprint(stored) != fingerprint:
        changed = ", ".join(config_differences(stored or {}, config)[:5])
        raise UserError(
            f"training.resume: run '{directory.path.name}' has another config ({changed} differ); "
            f"{directory.overrides_file} has its overrides"
        )
    checkpoint = _checkpoint(directory, fingerprint)
    if checkpoint is None:
        raise UserError(f"training.resume: run '{directory.path.name}' has no checkpoint to go on from")
    return Placement(directory, fingerprint, checkpoint)


def _fixed(
    directory: RunDirectory, config: Mapping[str, Any], fingerprint: str, *, replace: bool, resume: str
) -> Placement:
    if _can_go_on(directory, fingerprint):
        checkpoint = _checkpoint(directory, fingerprint) if resume == AUTO else None
        return Placement(directory, fingerprint, checkpoint)
    if replace and (ended := _ended(directory, fingerprint)) is not None:
        return Placement(directory, fingerprint, None, ended)
    if directory.config_file.exists() and not replace:
        raise UserError(
            f"run.id: there is already a run '{directory.path.name}' in {directory.path.parent}; "
            "choose another run.id"
        )
    for path in (directory.checkpoint_file, directory.model_file, directory.confusion_matrix_file):
        path.unlink(missing_ok=True)
    return Placement(directory, fingerprint, None)


def _can_go_on(directory: RunDirectory, fingerprint: str) -> bool:
    """Whether the directory holds a run of this config that was interrupted or killed."""
    summary, stored = directory.read_summary(), directory.read_config()
    if summary is not None and summary["status"] != INTERRUPTED:
        return False
    return stored is not None and config_fingerprint(stored) == fingerprint


def _ended(directory: RunDirectory, fingerprint: str) -> RunResult | None:
    """Return the result of a run of this config that came to a good end, or None."""
    summary, stored = directory.read_summary(), directory.read_config()
    if summary is None or stored is None or summary["status"] not in (FINISHED, STOPPED):
        return None
    if config_fingerprint(stored) != fingerprint:
        return None
    path, history = directory.path, directory.read_history()
    return RunResult(path.name, path, summary["status"], summary["reason"], summary, history)


def _checkpoint(directory: RunDirectory, fingerprint: str) -> Arrays | None:
    """Return the state to go on from; None if the run was killed before its first checkpoint."""
    if not directory.checkpoint_file.exists():
        return None
    arrays = checkpoint_state.load(directory.checkpoint_file)
    return arrays if checkpoint_state.state_of(arrays)["fingerprint"] == fingerprint else None


def _new(home: Path, wanted: str) -> RunDirectory:
    make_folder(home)
    path, number = home / wanted, 1
    while path.exists():
        number += 1
        path = home / f"{wanted}-{number}"
    return RunDirectory(make_folder(path))


def _missing(home: Path, wanted: str) -> UserError:
    known = [path.name for path in home.iterdir()] if home.is_dir() else []
    return UserError(f"training.resume: there is no run '{wanted}' in {home}.{did_you_mean(wanted, known)}")
