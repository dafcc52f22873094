"""One run, from a composed config to a run directory and a wandb run."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from swatch.console import say
from swatch.errors import UserError
from swatch.files import WriteError
from swatch.tracking import RunDescription, Tracker, Trackers
from swatch.tracking.mode import Mode, resolve_mode
from swatch.tracking.naming import run_name
from swatch.tracking.wandb_tracker import WandbTracker
from swatch.training import checkpoint_state
from swatch.training.assembly import assemble
from swatch.training.callbacks.base import Callback
from swatch.training.callbacks.best_weights import BestWeights
from swatch.training.callbacks.checkpoint import Checkpoint
from swatch.training.callbacks.early_stopping import EarlyStopping
from swatch.training.callbacks.interruption import Interruption
from swatch.training.callbacks.progress import Progress
from swatch.training.callbacks.sweep import SweepReporting, TrialHandle
from swatch.training.callbacks.tracking import Tracking
from swatch.training.data_cache import PreparedData, prepare_data
from swatch.training.ending import show_result
from swatch.training.model_file import save_model
from swatch.training.outcome import FAILED, INTERRUPTED, RunResult
from swatch.training.placement import Placement, fixed_run_id, place_run
from swatch.training.summary import Clock, run_summary, validation_summary
from swatch.training.validation import validate

if TYPE_CHECKING:
    from swatch.compose import Composition
    from swatch.training.trainer import Trainer


def train(
    composition: Composition,
    *,
    run_id: str | None = None,
    trial: TrialHandle | None = None,
    resume: str | None = None,
) -> RunResult:
    """Train one network as the config says and leave a complete run directory.

    Args:
        composition: The composed and checked config.
        run_id: Names the run directory and the wandb run; None for ``run.id``, or a new one.
        trial: The sweep's trial that this run is; it is told of every epoch and may end the run. Then nothing
            is printed, signals are left to the agent, and the checkpoint goes when the run has ended.
        resume: Replaces ``training.resume``: ``"auto"``, ``"never"`` or a run id.

    Raises:
        UserError: The config, the data, the disk or wandb's online mode is at fault; a run that had begun can
            go on later.
    """
    clock, settings = Clock(), composition.settings
    mode = resolve_mode(settings.tracking.mode, required=trial is None)
    data = prepare_data(composition)
    trainer = assemble(composition, data)
    overridden = composition.overrides if trial is None else tuple(trial.point)
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
        run = _Run(composition, data, trainer, placement, name, mode, clock, trial)
        result = run.execute()
    if trial is None:
        show_result(result, run.wandb)
    return result


class _Run:
    """The parts of one run and how they end."""

    def __init__(
        self,
        composition: Composition,
        data: PreparedData,
        trainer: Trainer,
        placement: Placement,
        name: str,
        mode: Mode,
        clock: Clock,
        trial: TrialHandle | None,
    ) -> None:
        self._settings, self._data, self._trainer = composition.settings, data, trainer
        self._directory, self._name, self._clock, self._trial = placement.directory, name, clock, trial
        self._fresh = placement.checkpoint is None
        self.wandb = self._wandb_tracker(mode)
        trackers: list[Tracker] = [self._directory]
        self._trackers = Trackers(trackers if self.wandb is None else [*trackers, self.wandb])
        training = self._settings.training
        self._best = BestWeights(training.monitor, training.goal)
        self._progress = Progress() if training.progress and trial is None else None
        self._interruption = Interruption() if trial is None else None
        self._reporting = None if trial is None else SweepReporting(trial)
        trainer.callbacks = tuple(self._callbacks(composition, placement))
        if placement.checkpoint is not None:
            checkpoint_state.restore(trainer, placement.checkpoint)
        if trial is None:
            self._announce(mode)

    def execute(self) -> RunResult:
        """Train, write what came of it, and close the trackers, whatever happens."""
        trainer = self._trainer
        try:
            with ExitStack() as stack:
                if self._interruption is not None:
                    stack.enter_context(self._interruption)
                trainer.run()
                return self._conclude()
        except UserError as error:
            if self.wandb is not None:
                self.wandb.finish(INTERRUPTED, str(error), {})
            if self._fresh and not trainer.history and not isinstance(error, WriteError):
                shutil.rmtree(self._directory.path, ignore_errors=True)
            raise
        except Exception as error:
            if self._reporting is None or not self._reporting.lost:
                reason = f"{type(error).__name__}: {error}"
                self._trackers.finish(FAILED, reason, self._summary())
            elif self.wandb is not None:
                self.wandb.finish(INTERRUPTED, "the trial was given to another agent", {})
            raise
        finally:
            if self._progress is not None:
                self._progress.close()

    def _conclude(self) -> RunResult:
        trainer, labels = self._trainer, self._data.source.class_names
        assert trainer.outcome is not None
        status, reason = trainer.outcome.status, trainer.outcome.reason
        summary = self._summary()
        if status != INTERRUPTED and self._best.record is not None:
            # The network has the best weights now.
            measured = validate(trainer.network, trainer.loss, trainer.validation, trainer.classes)
            summary |= validation_summary(labels, measured.counts)
            save_model(self._directory.model_file, trainer.network)
            self._trackers.confusion_matrix("val/confusion_matrix", labels, measured.counts.tolist())
        self._trackers.finish(status, reason, summary)
        if self._trial is not None and status != INTERRUPTED:
            self._directory.checkpoint_file.unlink(missing_ok=True)
        complete = {"status": status, "reason": reason, **summary}
        path = self._directory.path
        return RunResult(path.name, path, status, reason, complete, list(trainer.history))

    def _summary(self) -> dict[str, object]:
        training = self._settings.training
        return run_summary(
            self._trainer,
            run_id=self._directory.path.name,
            name=self._name,
            seed=self._settings.seed,
            monitor=training.monitor,
            goal=training.goal,
            best=self._best.record,
            timings=self._clock.timings(self._trainer),
        )

    def _callbacks(self, composition: Composition, placement: Placement) -> list[Callback]:
        training, run = self._settings.training, self._settings.run
        description = RunDescription(
            run_id=self._directory.path.name,
            name=self._name,
            config=composition.plain,
            overrides=composition.overrides,
            notes=run.notes,
            tags=run.tags,
            group=self._settings.tracking.group
            or (self._trial.sweep_id if self._trial is not None else None),
            goals={
                "train/loss": "minimize",
                "train/accuracy": "maximize",
                "val/loss": "minimize",
                "val/accuracy": "maximize",
            },
        )
        callbacks: list[Callback] = [self._best]
        stopping = training.early_stopping
        if stopping.patience is not None:
            callbacks.append(
                EarlyStopping(training.monitor, training.goal, stopping.patience, stopping.min_delta)
            )
        callbacks.append(Tracking(self._trackers, description))
        callbacks += [c for c in (self._reporting, self._progress, self._interruption) if c is not None]
        if training.checkpoint:
            path = self._directory.checkpoint_file
            callbacks.append(Checkpoint(path, placement.fingerprint, keep=self._trial is None))
        return callbacks

    def _wandb_tracker(self, mode: Mode) -> WandbTracker | None:
        tracking = self._settings.tracking
        if mode.name == "disabled":
            return None
        return WandbTracker(
            self._directory.path,
            mode=mode.name,
            project=tracking.project,
            entity=tracking.entity,
            job_type=tracking.job_type,
            system_stats=tracking.system_stats,
            console=tracking.console,
            required=tracking.mode == "online" and self._trial is None,
        )

    def _announce(self, mode: Mode) -> None:
        run_id, position = self._directory.path.name, self._trainer.position
        if self._fresh:
            say(f"run {run_id}")
        else:
            say(f"run {run_id} goes on at epoch {position.epoch}, step {position.step:,}")
        if self._settings.tracking.mode == "auto" and mode.name != "disabled":
            say(f"wandb: {mode.name}, because {mode.reason}")
