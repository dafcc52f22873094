"""Reckoning how long a training takes, from a few of its steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from swatch.compose import build, compose
from swatch.errors import UserError
from swatch.training.timing import time_training


def test_a_few_steps_tell_of_the_whole_training(tmp_path: Path, slice_overrides: list[str]) -> None:
    small = [*slice_overrides, "model.hidden_sizes=[8]", "epochs=7"]
    large = [*slice_overrides, "model.hidden_sizes=[1024,1024]", "epochs=7"]
    first = time_training(compose(small), seconds=0.15)
    second = time_training(compose(large), seconds=0.15)
    assert first is not None and second is not None
    assert first.epochs == 7 and first.seconds == pytest.approx(7 * first.epoch_seconds)
    assert 0 < first.epoch_seconds < second.epoch_seconds
    assert not (tmp_path / "runs").exists()


def test_data_that_is_not_here_is_not_fetched(tmp_path: Path, slice_folder: Path) -> None:
    elsewhere = compose([f"data.cache={tmp_path / 'cache'}"])
    assert time_training(elsewhere) is None
    assert not (tmp_path / "cache").exists()
    here = compose([f"data.folder={slice_folder}", "data.checksums=null"])
    assert build(here.config.data).is_here()


def test_a_folder_without_the_data_is_an_error_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        time_training(compose([f"data.folder={tmp_path / 'nowhere'}"]))
