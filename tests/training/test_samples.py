"""The images of every class that a run shows, with the network's answers."""

from __future__ import annotations

import numpy as np
import pytest

from swatch.compose import compose
from swatch.tracking.tracker import SampleImages
from swatch.training.assembly import assemble
from swatch.training.data_cache import PreparedData, prepare_data
from swatch.training.samples import sample_images
from swatch.training.trainer import Trainer


def prepare(*overrides: str) -> tuple[Trainer, PreparedData]:
    composition = compose([*overrides, "model.hidden_sizes=[16]", "batch_size=32", "epochs=1"])
    data = prepare_data(composition)
    trainer = assemble(composition, data)
    trainer.run()
    return trainer, data


@pytest.mark.parametrize("option", ["training.flip_average=false", "training.flip_average=true"])
def test_the_answers_are_those_of_the_validation(option: str, slice_overrides: list[str]) -> None:
    trainer, data = prepare(*slice_overrides, option, "training.evaluation_batch_size=7")
    everything = sample_images(trainer, data, len(data.validation))
    counts = np.zeros((10, 10), np.int64)
    np.add.at(counts, (everything.actual, everything.predicted), 1)
    assert np.array_equal(counts, trainer.validate().counts)
    assert everything.labels == tuple(data.source.class_names)
    assert everything.probability.dtype == np.float32
    assert ((everything.probability >= 0.1) & (everything.probability <= 1)).all(), "the largest of ten"


def test_the_first_images_of_every_class(slice_overrides: list[str]) -> None:
    trainer, data = prepare(*slice_overrides)
    found = sample_images(trainer, data, 3)
    assert found.images.shape == (30, 28, 28, 1)
    assert found.images.dtype == np.uint8
    assert found.actual.tolist() == sorted([*range(10)] * 3)
    labels = data.dataset.labels[data.validation]
    first = data.validation[np.flatnonzero(labels == 4)[:3]]
    assert np.array_equal(found.images[found.actual == 4], data.dataset.images[first])


def test_all_runs_on_a_split_show_the_same_images(slice_overrides: list[str]) -> None:
    one, another = (
        sample_images(*prepare(*slice_overrides, *options), 2)
        for options in (("seed=1",), ("seed=2", "augmentation=flip"))
    )
    assert np.array_equal(one.images, another.images)
    assert not np.array_equal(one.probability, another.probability)
    other_split = sample_images(*prepare(*slice_overrides, "data.split_seed=1"), 2)
    assert not np.array_equal(one.images, other_split.images)


def test_a_class_with_few_images_has_few(slice_overrides: list[str]) -> None:
    trainer, data = prepare(*slice_overrides, "data.limit=400")
    found: SampleImages = sample_images(trainer, data, 1000)
    assert len(found.images) == len(found.probability) == len(data.validation) == 40
