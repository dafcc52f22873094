"""What a run is called and where it comes from, before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swatch.tracking import RunDescription
from swatch.tracking.git import code_commit
from swatch.training.dataset_reference import dataset_reference

if TYPE_CHECKING:
    from swatch.compose import Composition
    from swatch.tracking.remote_sweep import RemoteSweep
    from swatch.training.callbacks.sweep import TrialHandle
    from swatch.training.data_cache import PreparedData
    from swatch.training.placement import Placement

GOALS = {
    "train/loss": "minimize",
    "train/accuracy": "maximize",
    "val/loss": "minimize",
    "val/accuracy": "maximize",
}


def describe(
    composition: Composition,
    data: PreparedData,
    placement: Placement,
    *,
    name: str,
    started: float,
    trial: TrialHandle | None,
    remote_sweep: RemoteSweep | None,
    tracked: bool,
) -> RunDescription:
    """Return a run's description.

    Args:
        composition: Its config.
        data: Its data set.
        placement: Its directory; that of a run that goes on knows when it first started.
        name: Its name.
        started: The Unix time of this start.
        trial: The sweep's trial that it is.
        remote_sweep: The sweep on a W&B server that it becomes a member of.
        tracked: Whether wandb is told of it, and so what only wandb shows is wanted.
    """
    settings = composition.settings
    earlier = None if placement.checkpoint is None else placement.directory.read_description()
    return RunDescription(
        run_id=placement.directory.path.name,
        name=name,
        config=composition.plain,
        overrides=composition.overrides,
        notes=settings.run.notes,
        tags=settings.run.tags,
        group=settings.tracking.group or (None if trial is None else trial.sweep_id),
        job_type=settings.tracking.job_type,
        goals=GOALS,
        started=started if earlier is None or earlier.started is None else earlier.started,
        sweep_id=None if trial is None else trial.sweep_id,
        # W&B's engine does not number its runs.
        trial=getattr(trial, "number", None),
        remote_sweep=remote_sweep,
        commit=code_commit() if tracked and settings.tracking.git else None,
        dataset=dataset_reference(data) if settings.tracking.dataset else None,
    )
