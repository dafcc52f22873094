"""A run directory made of what the ledger knows of a trial, for one whose own directory is out of reach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from swatch.errors import UserError
from swatch.sweep.agent.function import run_name as function_run_name
from swatch.sweep.records import SweepRecord, TrialRecord
from swatch.sweep.restored import RestoredSweep
from swatch.sweep.sync.remote_runs import FROM_LEDGER, SOURCE_KEY
from swatch.tracking import RunDescription, RunDirectory
from swatch.tracking.replay import Ending

if TYPE_CHECKING:
    from swatch.sweep.agent.trial import Trial

MATRIX_NAME = "val/confusion_matrix"


def write_directory(folder: Path, sweep: SweepRecord, trial: TrialRecord, ending: Ending) -> RunDirectory:
    """Write the trial's run below ``folder``: config, history, summary, matrix; no images, no model.

    The config is composed from the trial's overrides, as the training composed it. Where that is no longer
    possible, as the project's own configs are not here, it has the swept parameters alone.

    Raises:
        WriteError: The disk is full.
    """
    directory = RunDirectory(folder / trial.run_id)
    description = _of_function(sweep, trial) if sweep.function is not None else _of_network(sweep, trial)
    marked = {**description.config, SOURCE_KEY: FROM_LEDGER}
    directory.start(replace(description, config=marked), trial.history)
    matrix = ending.summary.get("confusion_matrix")
    if matrix is not None:
        directory.confusion_matrix(MATRIX_NAME, matrix["labels"], matrix["counts"])
    directory.finish(ending.status, ending.reason, ending.summary)
    return directory


def _of_function(sweep: SweepRecord, trial: TrialRecord) -> RunDescription:
    parameters = RestoredSweep.of(sweep).space.nested(trial.point)
    return RunDescription(
        # Of the trial it needs what the record has too: the point and the number.
        name=function_run_name(cast("Trial", trial)),
        config={**parameters, "seed": trial.seed},
        goals={sweep.metric: sweep.goal},
        **_common(sweep, trial),
    )


def _of_network(sweep: SweepRecord, trial: TrialRecord) -> RunDescription:
    from swatch.compose import compose
    from swatch.tracking.naming import run_name
    from swatch.training.description import GOALS

    overrides = [*trial.overrides, *sweep.options.get("watch_overrides", ())]
    try:
        composition = compose(overrides)
        settings = composition.settings
        name = run_name(settings.run.name, composition.plain, composition.choices, tuple(trial.point))
    except UserError:
        parameters = RestoredSweep.of(sweep).space.nested(trial.point)
        return RunDescription(
            name=str(trial.summary.get("name") or trial.run_id),
            config={**parameters, "seed": trial.seed},
            overrides=overrides,
            goals=GOALS,
            **_common(sweep, trial),
        )
    common = _common(sweep, trial)
    return RunDescription(
        name=name,
        config=composition.plain,
        overrides=overrides,
        notes=settings.run.notes,
        tags=settings.run.tags,
        job_type=settings.tracking.job_type,
        goals=GOALS,
        **{**common, "group": settings.tracking.group or common["group"]},
    )


def _common(sweep: SweepRecord, trial: TrialRecord) -> dict[str, Any]:
    return {
        "run_id": trial.run_id,
        "group": sweep.id,
        "started": None if trial.started is None else trial.started.timestamp(),
        "sweep_id": sweep.id,
        "trial": trial.number,
    }
