"""From a composed config to a trainer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swatch.compose import Composition, build
from swatch.data.batches import Batches
from swatch.errors import UserError
from swatch.nn import Network
from swatch.training.trainer import Trainer

if TYPE_CHECKING:
    from swatch.training.data_cache import PreparedData


def check_batch_size(batch_size: int, count: int) -> None:
    """Raise UserError if a batch is larger than the training part, which has ``count`` images."""
    if batch_size > count:
        raise UserError(
            f"batch_size is {batch_size:,}, but the training part has only {count:,} images; "
            f"choose a batch_size of at most {count:,}"
        )


def assemble(composition: Composition, data: PreparedData) -> Trainer:
    """Build network, loss, optimizer, schedule and batches, and a trainer, still without callbacks, of them.

    Raises:
        UserError: The config asks for something impossible, such as a batch larger than the data.
    """
    config, settings = composition.config, composition.settings
    check_batch_size(settings.batch_size, len(data.training))
    images, labels = data.dataset.images, data.dataset.labels
    training = Batches(
        images,
        labels,
        data.training,
        settings.batch_size,
        seed=settings.seed,
        normalization=data.normalization,
        augmentation=build(config.augmentation),
        classes=data.source.classes,
    )
    validation = Batches(
        images,
        labels,
        data.validation,
        settings.training.evaluation_batch_size,
        seed=settings.seed,
        normalization=data.normalization,
        shuffle=False,
    )
    network = Network(
        build(config.model, classes=data.source.classes),
        data.source.image_shape,
        batch_size=max(training.batch_size, validation.batch_size),
        seed=settings.seed,
    )
    optimizer: Any = build(config.optimizer)
    optimizer.bind(network.parameters)
    schedule: Any = build(
        config.scheduler, base=optimizer.hyperparameters(), total_steps=settings.epochs * len(training)
    )
    return Trainer(
        network=network,
        loss=build(config.loss),
        optimizer=optimizer,
        schedule=schedule,
        training=training,
        validation=validation,
        classes=data.source.classes,
        epochs=settings.epochs,
    )
