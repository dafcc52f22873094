"""One run, from a composed config to a run directory and a wandb run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from swatch.tracking.background import INTERRUPTED_SECONDS, LEAVE_SECONDS
from swatch.tracking.mode import resolve_mode
from swatch.tracking.naming import run_name
from swatch.tracking.tensorboard_tracker import check_installed
from swatch.training.assembly import assemble
from swatch.training.data_cache import prepare_data
from swatch.training.description import describe
from swatch.training.ending import show_result
from swatch.training.execution import Execution
from swatch.training.outcome import INTERRUPTED
from swatch.training.placement import fixed_run_id, place_run
from swatch.training.summary import Clock
from swatch.training.testing import prepare_test_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swatch.compose import Composition
    from swatch.tracking.remote_sweep import RemoteSweep
    from swatch.training.callbacks.sweep import TrialHandle
    from swatch.training.outcome import RunResult


def train(
    composition: Composition,
    *,
    run_id: str | None = None,
    trial: TrialHandle | None = None,
    resume: str | None = None,
    remote_sweep: RemoteSweep | None = None,
    sigterm: Literal["interrupted", "stopped"] = "interrupted",
    named_by: Sequence[str] | None = None,
    show: bool = True,
) -> RunResult:
    """Train one network as the config says and leave a complete run directory.

    wandb is told in the background. A run that is no trial waits for it at its end, a few seconds at most; a
    trial does not wait at all: whoever ends the process calls ``swatch.tracking.background.drain``.

    Args:
        composition: The composed and checked config.
        run_id: Names the run directory and the wandb run; None for ``run.id``, or a new one.
        trial: The sweep's trial that this run is; it is told of every epoch and may end the run. Then nothing
            is printed, signals are left to the agent, and the checkpoint goes when the run has ended.
        resume: Replaces ``training.resume``: ``"auto"``, ``"never"`` or a run id.
        remote_sweep: The sweep on a W&B server that the run becomes a member of; None for the trial's.
        sigterm: What SIGTERM makes of the run: one that goes on later, or one that was ended early.
        named_by: The keys that ``{swept}`` in the run's name stands for; None for a trial's point, else for
            everything that was overridden.
        show: Print the result at the end; of several runs the caller shows a table.

    Raises:
        UserError: The config, the data, the disk or a missing key is at fault; a run that had begun can go on
            later.
    """
    clock, settings = Clock(), composition.settings
    if settings.tracking.tensorboard:
        check_installed()
    mode = resolve_mode(settings.tracking.mode, required=trial is None)
    patience = LEAVE_SECONDS - clock.seconds
    data = prepare_data(composition)
    trainer = assemble(composition, data)
    if settings.training.test:
        prepare_test_set(data.source)
    overridden = named_by or (composition.overrides if trial is None else tuple(trial.point))
    name = run_name(settings.run.name, composition.plain, composition.choices, overridden)
    home = Path(settings.paths.runs).expanduser().absolute() if trial is None else trial.run_directory.parent
    placing = place_run(
        home,
        composition.plain,
        name,
        fixed_id=run_id or (trial.run_id if trial is not None else fixed_run_id(settings.run.id)),
        replace=trial is not None or run_id is not None,
        resume=settings.training.resume if resume is None else resume,
    )
    with placing as placement:
        if placement.ended is not None:
            return placement.ended
        description = describe(
            composition,
            data,
            placement,
            name=name,
            started=clock.started.timestamp(),
            trial=trial,
            remote_sweep=trial.remote_sweep if remote_sweep is None and trial is not None else remote_sweep,
            tracked=mode.name != "disabled",
        )
        run = Execution(settings, data, trainer, placement, description, mode, clock, trial, sigterm)
        result = run.execute()
        if trial is None:
            is_interrupted = result.status == INTERRUPTED
            run.wait(INTERRUPTED_SECONDS if is_interrupted else patience, through_start=not is_interrupted)
    if trial is None and show:
        show_result(result, run.wandb)
    return result
