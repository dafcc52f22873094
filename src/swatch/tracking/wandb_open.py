"""Opening a wandb run for what a run directory knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import wandb

    from swatch.tracking.tracker import RunDescription

INIT_SECONDS = 10.0
FINISH_SECONDS = 20.0
"""wandb's own limits. They hold up nothing but the thread that tracks the run."""
GRACE_SECONDS = 10.0
"""How much longer its service may take to notice."""
_FIRST_RETRY_SECONDS, _RETRY_SECONDS = 0.5, 10.0
"""The pauses before a server is tried again: one that comes back shall soon be noticed."""
_RETRIES = 1000
_FILE_RETRIES, _FILE_RETRY_SECONDS = 5, 4.0


def open_run(
    description: RunDescription,
    directory: Path,
    *,
    mode: str,
    project: str | None,
    entity: str | None,
    system_stats: bool,
    console: bool,
    stop: Callable[[], None],
    finish_seconds: float,
    resume: Literal["must"] | None = None,
) -> wandb.Run:
    """Begin a wandb run; what the server has under its id is written over, unless it is resumed.

    Args:
        description: Who the run is; a sweep that it belongs to decides entity and project.
        directory: Everything goes into ``<directory>/wandb/``.
        mode: ``"online"`` or ``"offline"``.
        project: wandb project.
        entity: User or team; None for the key's default.
        system_stats: Sample CPU, memory and disk use.
        console: Capture what the terminal shows.
        stop: Called, in another thread, when somebody stops the run in the UI.
        finish_seconds: How long the run may take at its end to be sent.
        resume: ``"must"`` adds to the run that the server has under this id, and fails if it has none.

    Raises:
        Exception: Whatever wandb raises.
    """
    import wandb

    sweep, commit = description.remote_sweep, description.commit
    settings: dict[str, Any] = {
        "silent": True,
        "console": "auto" if console else "off",
        "save_code": False,
        "disable_code": True,
        "disable_git": True,
        "symlink": False,
        "init_timeout": INIT_SECONDS,
        "finish_timeout": finish_seconds,
        "finish_timeout_raises": True,
        "stop_fn": stop,
        "x_disable_stats": not system_stats,
        "x_disable_meta": not system_stats,
        "x_disable_machine_info": not system_stats,
        "x_save_requirements": False,
        "x_file_stream_retry_max": _RETRIES,
        "x_file_stream_retry_wait_min_seconds": _FIRST_RETRY_SECONDS,
        "x_file_stream_retry_wait_max_seconds": _RETRY_SECONDS,
        "x_graphql_retry_wait_min_seconds": _FIRST_RETRY_SECONDS,
        "x_graphql_retry_wait_max_seconds": _RETRY_SECONDS,
        # Files are sent when the run ends, and wandb's limit for that does not cover their repetitions.
        "x_file_transfer_retry_max": _FILE_RETRIES,
        "x_file_transfer_retry_wait_min_seconds": _FIRST_RETRY_SECONDS,
        "x_file_transfer_retry_wait_max_seconds": _FILE_RETRY_SECONDS,
    }
    if commit is not None:
        settings |= {"git_commit": commit.sha, "git_remote_url": commit.remote}
    if sweep is not None:
        settings["sweep_id"] = sweep.sweep_id
    return wandb.init(
        dir=str(directory),
        mode="online" if mode == "online" else "offline",
        project=project if sweep is None else sweep.project,
        entity=entity if sweep is None else sweep.entity or None,
        id=description.run_id,
        name=description.name,
        notes=description.notes,
        tags=list(description.tags),
        group=_group(description),
        job_type=description.job_type,
        config=dict(description.config),
        # A run that goes on is not resumed: all that is known of it is sent again, from its first epoch on.
        resume=resume,
        reinit="create_new",
        settings=wandb.Settings(**settings),
    )


def _group(description: RunDescription) -> str | None:
    """Return the group; members of a sweep on the server need none to be found together."""
    is_default = description.group == description.sweep_id
    return None if description.remote_sweep is not None and is_default else description.group


def define_metrics(run: wandb.Run, description: RunDescription) -> None:
    """Give the charts their x-axis, and a live run's summary the best value of every metric with a goal."""
    run.define_metric(description.step_key, hidden=True, summary="last")
    run.define_metric("*", step_metric=description.step_key)
    for metric, goal in description.goals.items():
        best = "min" if goal == "minimize" else "max"
        run.define_metric(metric, step_metric=description.step_key, summary=f"{best},last")
