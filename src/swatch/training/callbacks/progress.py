"""Shows how the training goes: a live line on a terminal, one plain line per epoch elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from swatch.console import console, say
from swatch.training.callbacks.base import Callback

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from swatch.tracking import Record
    from swatch.training.trainer import Trainer


class Progress(Callback):
    """Epoch, loss, accuracy, samples per second and time left."""

    def __init__(self) -> None:
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._began = 0.0
        self._first_step = 0
        self._validated = ""

    def on_start(self, trainer: Trainer) -> None:
        """Start the clock, and the live line if there is a terminal."""
        self._began, self._first_step = time.monotonic(), trainer.position.step
        if console(stderr=True).is_terminal:
            self._start_bar(trainer)

    def on_poll(self, trainer: Trainer) -> None:
        """Move the live line."""
        self._show(trainer)

    def on_epoch_end(self, trainer: Trainer, record: Record) -> None:
        """Show what validation said."""
        is_validated = "val/loss" in record
        if is_validated:
            self._validated = f"val {record['val/loss']:.4f} {record['val/accuracy']:.1%}"
        if self._bar is None:
            width = len(str(trainer.epochs))
            measured = (
                f"  val/loss {record['val/loss']:.4f}  val/accuracy {record['val/accuracy']:.4f}"
                if is_validated
                else ""
            )
            say(
                f"epoch {record['epoch']:>{width}}/{trainer.epochs}"
                f"  loss {record['train/loss']:.4f}  accuracy {record['train/accuracy']:.4f}"
                f"{measured}"
                f"  {record['samples_per_second']:,.0f} samples/s  {self._left(trainer)}"
            )
        else:
            self._show(trainer)

    def on_end(self, trainer: Trainer) -> None:
        """Remove the live line."""
        self.close()

    def close(self) -> None:
        """Give the terminal back, after an error too."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _start_bar(self, trainer: Trainer) -> None:
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("[bold]{task.fields[epoch]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[train]}"),
            TextColumn("[green]{task.fields[validated]}"),
            TextColumn("[dim]{task.fields[speed]}"),
            TextColumn("{task.fields[left]}"),
            console=console(stderr=True),
            transient=True,
            expand=True,
            # Drawn from the training's own thread, so that no second one competes for the core.
            auto_refresh=False,
        )
        self._task = self._bar.add_task("", total=trainer.total_steps, **self._fields(trainer))
        self._bar.start()
        self._show(trainer)

    def _show(self, trainer: Trainer) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=trainer.position.step, **self._fields(trainer))
            self._bar.refresh()

    def _fields(self, trainer: Trainer) -> dict[str, Any]:
        position = trainer.position
        train = speed = ""
        if position.samples:
            train = f"{position.loss_sum / position.samples:.4f} {position.correct / position.samples:.1%}"
            speed = f"{position.samples / max(position.seconds, 1e-9):,.0f}/s"
        elif trainer.history:
            record = trainer.history[-1]
            train = f"{record['train/loss']:.4f} {record['train/accuracy']:.1%}"
            speed = f"{record['samples_per_second']:,.0f}/s"
        epoch = f"epoch {min(position.epoch, trainer.epochs)}/{trainer.epochs}"
        return {
            "epoch": epoch,
            "train": train and f"loss {train}",
            "validated": self._validated,
            "speed": speed,
            "left": self._left(trainer),
        }

    def _left(self, trainer: Trainer) -> str:
        done = trainer.position.step - self._first_step
        if done <= 0:
            return ""
        seconds = (time.monotonic() - self._began) / done * (trainer.total_steps - trainer.position.step)
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{rest:02} left" if hours else f"{minutes}:{rest:02} left"
