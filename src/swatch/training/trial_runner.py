"""What an agent calls for a trial of the NumPy network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swatch.compose import compose
from swatch.training.run import train

if TYPE_CHECKING:
    from swatch.training.callbacks.sweep import TrialHandle
    from swatch.training.outcome import RunResult


def run_trial(trial: TrialHandle) -> RunResult:
    """Compose the trial's config and train it in this process; the data set is kept for the next trial.

    A trial that was interrupted goes on from its checkpoint; one whose run had ended before the sweep heard
    of it is not trained again.

    Raises:
        Exception: Whatever ``trial.log`` raises, and errors of the config or the disk; the agent judges them.
    """
    return train(compose(list(trial.overrides)), trial=trial)
