"""What wandb shares over the runs of one process: its background service, its folders, its words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def end_service() -> None:
    """End wandb's background process; the next run starts a new one."""
    import wandb

    with suppress(Exception):
        wandb.teardown()


@contextmanager
def inside(directory: Path) -> Iterator[None]:
    """Make wandb keep logs, cache and staging files in the run's ``wandb/`` unless the user chose a place."""
    # wandb adds "wandb/" to the cache folder itself.
    places = {"WANDB_DATA_DIR": str(directory / "wandb"), "WANDB_CACHE_DIR": str(directory)}
    # What wandb says before a run's own settings count, such as where it found the key.
    places["WANDB_SILENT"] = "true"
    # Its telemetry complains on the terminal about servers that do not take it.
    places["WANDB_ERROR_REPORTING"] = "false"
    added = {name: place for name, place in places.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def one_line(error: BaseException) -> str:
    """Return the error in one line, without the key should it stand there."""
    text = " ".join(str(error).split()) or type(error).__name__
    key = os.environ.get("WANDB_API_KEY")
    return (text.replace(key, "***") if key else text)[:300]
