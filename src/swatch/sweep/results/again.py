"""How to train a trial again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from swatch.schema.void import without_void
from swatch.sweep.records import TrialRecord

if TYPE_CHECKING:
    from rich.console import Console


def train_command(trial: TrialRecord) -> str | None:
    """Return the ``swatch train`` command that repeats a trial, shell-quoted; None for a function's."""
    return shlex.join(["swatch", "train", *without_void(trial.overrides)]) if trial.overrides else None


def show_command(trial: TrialRecord, console: Console, *, title: str = "Train it again:") -> None:
    """Print the command that trains a trial again, on one line that can be copied."""
    command = train_command(trial)
    if command is not None:
        console.print(title, style="dim")
        console.print(f"  {command}", markup=False, soft_wrap=True)
