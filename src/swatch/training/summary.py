"""What ``summary.json`` says of a run."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from swatch.metrics import class_scores, macro_average
from swatch.tracking import Record

if TYPE_CHECKING:
    from swatch.training.trainer import Trainer


@dataclass
class Clock:
    """Measures a run from its first line of code on, in this process."""

    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _wall: float = field(default_factory=time.perf_counter)
    _cpu: float = field(default_factory=time.process_time)

    @property
    def seconds(self) -> float:
        """The time since then."""
        return time.perf_counter() - self._wall

    def timings(self, trainer: Trainer) -> dict[str, Any]:
        """Return when the run started and ended and what it took, in seconds."""
        position = trainer.position
        return {
            "started": self.started.isoformat(timespec="seconds"),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "epochs_seconds": round(position.total_seconds + position.seconds, 3),
            "process_seconds": round(self.seconds, 3),
            "process_cpu_seconds": round(time.process_time() - self._cpu, 3),
        }


def run_summary(
    trainer: Trainer,
    *,
    run_id: str,
    name: str,
    seed: int,
    monitor: str,
    goal: str,
    best: Record | None,
    timings: dict[str, Any],
) -> dict[str, Any]:
    """Return what holds for every run, however it ended.

    Args:
        trainer: After its training.
        run_id: The run's id.
        name: Its name.
        seed: The seed of all its random numbers.
        monitor: The metric that decided which epoch was the best.
        goal: ``"maximize"`` or ``"minimize"``.
        best: The history's line of the best epoch, None if no epoch was finished.
        timings: When it ran and what it took.
    """
    return {
        "run_id": run_id,
        "name": name,
        "monitor": monitor,
        "goal": goal,
        "best": best,
        "final": trainer.history[-1] if trainer.history else None,
        "epochs": len(trainer.history),
        "planned_epochs": trainer.epochs,
        "steps": trainer.position.step,
        "parameters": int(trainer.network.parameters.values.size),
        "training_samples": trainer.training.samples,
        "validation_samples": trainer.validation.samples,
        "seconds": timings["epochs_seconds"],
        "timings": timings,
        "seed": seed,
        "versions": versions(),
    }


def validation_summary(labels: Sequence[str], counts: NDArray[np.int64]) -> dict[str, Any]:
    """Return the confusion matrix on the validation part, and the scores of every class."""
    scores = class_scores(counts)
    return {
        "per_class": [
            {
                "label": label,
                "precision": float(scores.precision[index]),
                "recall": float(scores.recall[index]),
                "f1": float(scores.f1[index]),
                "support": int(scores.support[index]),
            }
            for index, label in enumerate(labels)
        ],
        "macro_average": macro_average(scores),
        "confusion_matrix": {"labels": list(labels), "counts": counts.tolist()},
    }


def versions() -> dict[str, str]:
    """Return the versions of what a result depends on."""
    found = {"python": platform.python_version(), "platform": platform.platform(terse=True)}
    for package in ("swatch", "numpy", "hydra-core", "wandb"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
