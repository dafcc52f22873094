"""From a composed config to a trainer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swatch.compose import Composition, build
from swatch.data.batches import Batches
from swatch.errors import UserError
from swatch.nn import Network
from swatch.optim.averaging import WeightAverage
from swatch.optim.clipping import GradientClipping
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


def check_monitor(monitor: str, count: int) -> None:
    """Raise UserError if the metric to watch is one of the validation part, and that has no images."""
    if not count and monitor.startswith("val/"):
        raise UserError(
            f"training.monitor is {monitor}, and the validation part has no images "
            "(data.validation_fraction=0); watch training.monitor=train/loss"
        )


def check_output(puts_out: str, expects: str) -> None:
    """Raise UserError if a model's output is not what the loss takes.

    Softmax twice is no error that anything else would show: it trains, only badly.
    """
    if expects == "logits" and puts_out == "probabilities":
        raise UserError(
            "the model ends in Softmax or Sigmoid, and the loss takes logits, which it turns into "
            "probabilities itself; remove the last module, or take a loss with output=identity "
            "(loss=mean_squared_error)"
        )
    if expects == "probabilities" and puts_out != "probabilities":
        raise UserError(
            "loss.output is identity, which takes probabilities, and the model puts out "
            f"{puts_out}; take loss.output=softmax, or end the model in Softmax or Sigmoid"
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
    check_monitor(settings.training.monitor, len(data.validation))
    network = Network(
        build(config.model, classes=data.source.classes),
        data.source.image_shape,
        batch_size=max(training.batch_size, validation.batch_size),
        seed=settings.seed,
    )
    loss: Any = build(config.loss)
    check_output(network.puts_out, loss.expects)
    options = settings.training
    optimizer: Any = build(config.optimizer)
    optimizer.bind(network.parameters)
    steps = settings.epochs * -(-len(training) // options.accumulation)
    schedule: Any = build(config.scheduler, base=optimizer.hyperparameters(), total_steps=steps)
    regularization: Any = build(config.regularization)
    try:
        regularization.bind(network.parameters)
    except UserError as error:
        raise UserError(f"regularization.{error}") from None
    clipping = GradientClipping(options.gradient_clipping.norm, options.gradient_clipping.value)
    average = None
    if options.weight_average is not None:
        average = WeightAverage(options.weight_average)
        average.bind(network.parameters.values, network.buffers)
    return Trainer(
        network=network,
        loss=loss,
        optimizer=optimizer,
        schedule=schedule,
        training=training,
        validation=validation,
        classes=data.source.classes,
        epochs=settings.epochs,
        monitor=options.monitor,
        goal=options.goal,
        regularization=regularization,
        clipping=clipping if clipping.is_active else None,
        average=average,
        accumulation=options.accumulation,
        flips=options.flip_average,
    )
