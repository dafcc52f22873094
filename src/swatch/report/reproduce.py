"""The command that trains a trial's configuration again."""

from __future__ import annotations

import shlex

from swatch.sweep.quoting import override
from swatch.sweep.records import SweepRecord, TrialRecord

_DEFAULT_METRIC = ("val/accuracy", "maximize")


def train_overrides(sweep: SweepRecord, trial: TrialRecord) -> list[str]:
    """Return the Hydra overrides of the trial: the sweep's own, then the point, then what the sweep set.

    The point wins over an override of the same key, and the trial's seed over one from the command line.
    The sweep sets the seed, and the metric that early stopping and the best weights follow.
    """
    point = [override(key, value) for key, value in trial.point.items()]
    settings = {"seed": trial.seed} if "seed" not in trial.point else {}
    if (sweep.metric, sweep.goal) != _DEFAULT_METRIC:
        settings |= {"training.monitor": sweep.metric, "training.goal": sweep.goal}
    taken = {*trial.point, *settings}
    given = [text for text in sweep.overrides if text.partition("=")[0].lstrip("+") not in taken]
    return [*given, *point, *(override(key, value) for key, value in settings.items())]


def train_command(sweep: SweepRecord, trial: TrialRecord) -> str | None:
    """Return the ``swatch train`` command of the trial, quoted for a POSIX shell.

    None for a sweep over a function of the user's, which ``swatch train`` does not know.
    """
    if sweep.function is not None:
        return None
    return shlex.join(["swatch", "train", *train_overrides(sweep, trial)])
