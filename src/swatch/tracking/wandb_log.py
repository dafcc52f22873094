"""What wandb's background process could not send of a run, read from the log that it keeps of each.

It is the only one who knows: a file or artifact that a server refuses, for want of space or of rights, is
dropped, and the run ends as if all were well.
"""

from __future__ import annotations

import json
from pathlib import Path

# What is being sent; a request that is tried again leaves no error.
_LOSSES = (
    "filestream:",
    "file transfer:",
    "fileTransfer:",
    "runfiles:",
    "runupserter:",
    "sender: failed to log artifact",
)


def first_loss(folder: Path) -> str | None:
    """Return the first thing that was lost, in wandb's words, or None.

    Args:
        folder: What wandb calls the run's directory, such as ``wandb/run-20260301_120000-ID``.
    """
    try:
        with (folder / "logs" / "debug-internal.log").open(encoding="utf-8", errors="replace") as log:
            return next((loss for line in log if (loss := _loss(line)) is not None), None)
    except OSError:
        return None


def _loss(line: str) -> str | None:
    if '"ERROR' not in line:
        return None
    try:
        entry = json.loads(line)
        level, text = str(entry["level"]), str(entry["msg"])
    except (ValueError, KeyError, TypeError):
        return None
    if not level.startswith("ERROR") or not text.startswith(_LOSSES):
        return None
    return ": ".join(part for part in (text, str(entry.get("error", ""))) if part)
