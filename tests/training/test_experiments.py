"""Every recipe of conf/experiment: it composes, can be built, and trains."""

from __future__ import annotations

import pytest

from choices import Choice
from model_size import skip_if_large
from swatch.compose import build, compose
from swatch.training.rehearsal import rehearse
from swatch.training.run import train


@pytest.mark.check("config")
def test_it_can_be_built(experiment_choice: Choice) -> None:
    composition = compose([experiment_choice.override])
    assert composition.choices["experiment"] == experiment_choice.name
    rehearse(composition)


@pytest.mark.check("the command line wins")
def test_the_command_line_wins(experiment_choice: Choice) -> None:
    composition = compose([experiment_choice.override, "epochs=77", "batch_size=13", "seed=5"])
    settings = composition.settings
    assert (settings.epochs, settings.batch_size, settings.seed) == (77, 13, 5)


@pytest.mark.check("trains")
def test_it_trains(experiment_choice: Choice, slice_overrides: list[str]) -> None:
    composition = compose(
        [*slice_overrides, experiment_choice.override, "data.limit=160", "epochs=1", "batch_size=32"]
    )
    skip_if_large(build(composition.config.model, classes=10))
    result = train(composition)
    assert (result.status, len(result.history)) == ("finished", 1)
