"""The parts of one run, in their order, and how they end."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

from swatch.console import say
from swatch.errors import UserError
from swatch.files import WriteError
from swatch.tracking import RunDescription, Trackers
from swatch.tracking.background import INTERRUPTED_SECONDS, BackgroundTracker, drain
from swatch.tracking.model_metadata import model_metadata
from swatch.tracking.replay import sends_model
from swatch.tracking.tensorboard_tracker import TensorBoardTracker
from swatch.tracking.wandb_tracker import WandbTracker
from swatch.training import checkpoint_state
from swatch.training.callbacks.best_weights import BestWeights
from swatch.training.callbacks.checkpoint import Checkpoint
from swatch.training.callbacks.class_accuracy import ClassAccuracy
from swatch.training.callbacks.early_stopping import EarlyStopping
from swatch.training.callbacks.interruption import Interruption
from swatch.training.callbacks.norms import Norms
from swatch.training.callbacks.progress import Progress
from swatch.training.callbacks.sweep import SweepReporting, TrialHandle
from swatch.training.callbacks.tracking import Tracking
from swatch.training.ending import tell_unsent
from swatch.training.model import Model
from swatch.training.model_file import save_model
from swatch.training.outcome import FAILED, INTERRUPTED, STOPPED, RunResult
from swatch.training.samples import sample_images
from swatch.training.summary import Clock, run_summary, validation_summary
from swatch.training.testing import read_test_set

if TYPE_CHECKING:
    from swatch.schema.settings import Settings
    from swatch.tracking import Tracker
    from swatch.tracking.mode import Mode
    from swatch.training.callbacks.base import Callback
    from swatch.training.data_cache import PreparedData
    from swatch.training.placement import Placement
    from swatch.training.trainer import Trainer


class Execution:
    """The parts of one run and how they end."""

    def __init__(
        self,
        settings: Settings,
        data: PreparedData,
        trainer: Trainer,
        placement: Placement,
        description: RunDescription,
        mode: Mode,
        clock: Clock,
        trial: TrialHandle | None,
        sigterm: str,
    ) -> None:
        """Make the trackers and callbacks; ``sigterm`` is the status that SIGTERM ends the run with."""
        self._settings = settings
        self._data, self._trainer = data, trainer
        self._directory, self._description = placement.directory, description
        self._clock, self._trial = clock, trial
        self._fresh = placement.checkpoint is None
        self.wandb = None if mode.name == "disabled" else BackgroundTracker(self._wandb_tracker(mode))
        sinks: list[Tracker] = [] if self.wandb is None else [self.wandb]
        if settings.tracking.tensorboard:
            sinks.append(TensorBoardTracker(placement.directory.path))
        self._sinks = Trackers(sinks)
        self._trackers = Trackers([self._directory, self._sinks])
        training = self._settings.training
        self._best = BestWeights(training.monitor, training.goal)
        self._progress = Progress() if training.progress and trial is None else None
        self._interruption = Interruption(sigterm) if trial is None else None
        self._reporting = None if trial is None else SweepReporting(trial)
        trainer.callbacks = tuple(self._callbacks(placement.fingerprint))
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
            self._give_up(str(error))
            if self._fresh and not trainer.history and not isinstance(error, WriteError):
                shutil.rmtree(self._directory.path, ignore_errors=True)
            raise
        except Exception as error:
            if self._reporting is None or not self._reporting.lost:
                reason = f"{type(error).__name__}: {error}"
                self._trackers.finish(FAILED, reason, self._summary())
            else:
                self._give_up("the trial was given to another agent")
            raise
        finally:
            if self._progress is not None:
                self._progress.close()

    def wait(self, seconds: float, *, through_start: bool = False) -> None:
        """Wait for wandb, at most so long; what is not sent by then is sent later, from the run directory.

        Args:
            seconds: At most so long.
            through_start: Whether to wait longer while wandb itself is still being started.
        """
        if self.wandb is None:
            return
        wait = self.wandb.wait_through_start if through_start else self.wandb.wait
        try:
            in_time = wait(seconds)
        except KeyboardInterrupt:  # The run is complete; it is the waiting that somebody has enough of.
            in_time = False
        if not in_time:
            drain(0.0)
        tell_unsent(self._directory.path, self.wandb.state)

    def _conclude(self) -> RunResult:
        trainer, labels = self._trainer, self._data.source.class_names
        assert trainer.outcome is not None
        status, reason = trainer.outcome.status, trainer.outcome.reason
        summary = self._summary()
        if status != INTERRUPTED and self._best.record is not None:
            # The network has the best weights now.
            measured = trainer.validate() if trainer.validation.samples else None
            if measured is not None:
                summary |= validation_summary(labels, measured.counts)
            model = self._save_model()
            if measured is not None:
                self._trackers.confusion_matrix("val/confusion_matrix", labels, measured.counts.tolist())
            if self._settings.training.test:
                tested = read_test_set(self._directory.path, model, trainer.loss, self._data.source)
                summary |= tested.metrics
                # The run directory has it in evaluations.json.
                self._sinks.confusion_matrix("test/confusion_matrix", tested.labels, tested.counts)
            self._show_more(summary)
        self._trackers.finish(status, reason, summary)
        if self._trial is not None and status != INTERRUPTED:
            self._directory.checkpoint_file.unlink(missing_ok=True)
        complete = {"status": status, "reason": reason, **summary}
        path = self._directory.path
        return RunResult(path.name, path, status, reason, complete, list(trainer.history))

    def _save_model(self) -> Model:
        """Write the best weights as a model that predicts by itself, and return it."""
        trainer, source = self._trainer, self._data.source
        model = Model(
            trainer.network,
            classes=tuple(source.class_names),
            normalization=self._data.normalization,
            output=trainer.loss.output,
            flip_average=trainer.flips,
        )
        architecture = {**self._description.config["model"], "classes": source.classes}
        save_model(self._directory.model_file, model, architecture)
        return model

    def _show_more(self, summary: dict[str, object]) -> None:
        """Give the trackers what only wandb shows."""
        if self.wandb is None:
            return
        per_class = self._settings.tracking.samples
        if per_class and self._trainer.validation.samples:
            samples = sample_images(self._trainer, self._data, per_class)
            self._trackers.samples("val/samples", samples)
        if sends_model(self._description):
            metadata = model_metadata(self._description.config, summary)
            self._trackers.model(self._directory.model_file, metadata)

    def _give_up(self, reason: str) -> None:
        """End the wandb run of a training that goes on elsewhere or later."""
        if self.wandb is not None:
            self.wandb.tracker.give_up(reason)
            self.wandb.finish(INTERRUPTED, reason, {})
            if self._trial is None:
                self.wandb.wait(INTERRUPTED_SECONDS)

    def _summary(self) -> dict[str, object]:
        training = self._settings.training
        return run_summary(
            self._trainer,
            run_id=self._directory.path.name,
            name=self._description.name,
            seed=self._settings.seed,
            monitor=training.monitor,
            goal=training.goal,
            best=self._best.record,
            timings=self._clock.timings(self._trainer),
        )

    def _callbacks(self, fingerprint: str) -> list[Callback]:
        training, tracking = self._settings.training, self._settings.tracking
        callbacks: list[Callback] = [Norms()] if tracking.norms else []
        callbacks.append(self._best)
        stopping = training.early_stopping
        if stopping.patience is not None:
            callbacks.append(
                EarlyStopping(training.monitor, training.goal, stopping.patience, stopping.min_delta)
            )
        callbacks.append(Tracking(self._trackers, self._description))
        callbacks.append(ClassAccuracy(self._directory.path, self._data.source.class_names))
        callbacks += [c for c in (self._reporting, self._progress, self._interruption) if c is not None]
        if training.checkpoint:
            path = self._directory.checkpoint_file
            callbacks.append(Checkpoint(path, fingerprint, keep=self._trial is None))
        return callbacks

    def _wandb_tracker(self, mode: Mode) -> WandbTracker:
        tracking, trainer = self._settings.tracking, self._trainer
        return WandbTracker(
            self._directory.path,
            mode=mode.name,
            project=tracking.project,
            entity=tracking.entity,
            system_stats=tracking.system_stats,
            console=tracking.console,
            stop=lambda: trainer.stop(STOPPED, "stopped by W&B's server"),
        )

    def _announce(self, mode: Mode) -> None:
        run_id, position = self._directory.path.name, self._trainer.position
        if self._fresh:
            say(f"run {run_id}")
        else:
            say(f"run {run_id} goes on at epoch {position.epoch}, step {position.step:,}")
        if self._settings.tracking.mode == "auto" and mode.name != "disabled":
            say(f"wandb: {mode.name}, because {mode.reason}")
