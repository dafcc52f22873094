"""One epoch end to end: the training loop with everything that a run has, against the bare steps."""

from __future__ import annotations

import contextlib
import io
import statistics
import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

TRAINING, VALIDATION = "training loop", "validation"
BARE, REST = "bare steps", "callbacks"
IMAGES = 60_000
EPOCHS_TO_WARM_UP = 1


def epoch_times(overrides: list[str], repeats: int) -> dict[str, float]:
    """Train for some epochs as ``swatch train`` does, tracked offline, and return medians of CPU time in µs.

    Returns:
        Of an epoch: the training loop with batching and what callbacks do between two steps; the validation;
        what callbacks do at its end; and, timed after every epoch, as many bare steps (forward, loss,
        backward, update) on the last batch, which lies in the cache.
    """
    from swatch.compose import compose
    from swatch.training.assembly import assemble
    from swatch.training.data_cache import prepare_data

    with _run_folder() as (data_folder, home):
        composition = compose(
            [
                f"data.folder={data_folder}",
                "data.checksums=null",
                f"paths.runs={home}",
                f"epochs={repeats + EPOCHS_TO_WARM_UP}",
                "tracking.mode=offline",
                "training.resume=never",
                *overrides,
            ]
        )
        data = prepare_data(composition)
        trainer = assemble(composition, data)
        stopwatch = Stopwatch(trainer)
        _run(composition, data, trainer, stopwatch, home)
    measured = {name: seconds[EPOCHS_TO_WARM_UP:] for name, seconds in stopwatch.times.items()}
    return {name: statistics.median(seconds) * 1e6 for name, seconds in measured.items()}


class Stopwatch:
    """Notes when a trainer's epochs, validations and callbacks begin and end."""

    def __init__(self, trainer: Any) -> None:
        self.times: dict[str, list[float]] = {TRAINING: [], VALIDATION: [], REST: [], BARE: []}
        self._trainer = trainer
        self._validate = trainer.validate
        trainer.validate = self._timed_validation
        self._mark = 0.0

    def _lap(self, name: str) -> None:
        self.times[name].append(time.process_time() - self._mark)
        self._mark = time.process_time()

    def _timed_validation(self) -> Any:
        if len(self._trainer.history) < self._trainer.epochs:
            self._lap(TRAINING)
        result = self._validate()
        if len(self._trainer.history) < self._trainer.epochs:
            self._lap(VALIDATION)
        return result

    def start(self) -> None:
        """Begin the first epoch."""
        self._mark = time.process_time()

    def end_epoch(self) -> None:
        """The last callback is done; take the bare steps, and begin the next epoch."""
        self._lap(REST)
        self._take_bare_steps()
        self._lap(BARE)

    def _take_bare_steps(self) -> None:
        trainer = self._trainer
        network, loss, optimizer = trainer.network, trainer.loss, trainer.optimizer
        values, gradients = network.parameters.values, network.parameters.gradients
        before = values.copy()
        x, labels = next(trainer.training.epoch(1))
        for _ in range(len(trainer.training)):
            loss.forward(network.forward(x, training=True), labels)
            network.backward(loss.backward())
            optimizer.step(values, gradients, trainer.schedule(0))
        np.copyto(values, before)


def _run(composition: Any, data: Any, trainer: Any, stopwatch: Stopwatch, home: Path) -> None:
    """Run the trainer with all callbacks and trackers, the stopwatch around them."""
    from swatch.tracking.background import drain
    from swatch.tracking.mode import resolve_mode
    from swatch.training.callbacks.base import Callback
    from swatch.training.description import describe
    from swatch.training.execution import Execution
    from swatch.training.placement import place_run
    from swatch.training.summary import Clock

    class Start(Callback):
        def on_start(self, trainer: Any) -> None:
            stopwatch.start()

    class End(Callback):
        def on_epoch_end(self, trainer: Any, record: Any) -> None:
            stopwatch.end_epoch()

    clock, settings = Clock(), composition.settings
    mode = resolve_mode(settings.tracking.mode, required=True)
    placing = place_run(home, composition.plain, "benchmark", fixed_id=None, replace=False, resume="never")
    with placing as placement, contextlib.redirect_stderr(io.StringIO()):
        description = describe(
            composition,
            data,
            placement,
            name="benchmark",
            started=clock.started.timestamp(),
            trial=None,
            remote_sweep=None,
            tracked=True,
        )
        execution = Execution(
            settings, data, trainer, placement, description, mode, clock, None, "interrupted"
        )
        trainer.callbacks = (*trainer.callbacks, Start(), End())
        trainer.run()
        execution.wait(0.0)
        drain(0.0)


@contextlib.contextmanager
def _run_folder() -> Iterator[tuple[Path, Path]]:
    """Give a folder with made-up images in the format of Fashion-MNIST, and one for the run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generator = np.random.default_rng(0)
        for part, count in (("train", IMAGES), ("t10k", 10)):
            images = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
            labels = generator.integers(0, 10, count, dtype=np.uint8)
            (folder / f"{part}-images-idx3-ubyte").write_bytes(
                struct.pack(">4i", 0x803, count, 28, 28) + images.tobytes()
            )
            (folder / f"{part}-labels-idx1-ubyte").write_bytes(
                struct.pack(">2i", 0x801, count) + labels.tobytes()
            )
        yield folder, folder / "runs"
