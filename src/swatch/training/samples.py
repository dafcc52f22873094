"""Some images of the validation part with the network's answers, for people to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from swatch.nn import probabilities
from swatch.nn.flip_average import forward
from swatch.tracking.tracker import SampleImages

if TYPE_CHECKING:
    from swatch.training.data_cache import PreparedData
    from swatch.training.trainer import Trainer


def sample_images(trainer: Trainer, data: PreparedData, per_class: int) -> SampleImages:
    """Return the first ``per_class`` validation images of every class and what the network makes of them.

    Which images these are depends on the split alone: all runs on it show the same ones, so that their
    answers can be compared; they are the answers that validation counts. A class with fewer images has fewer.

    Args:
        trainer: After its training; its network has the weights to show.
        data: The data set that it was trained on.
        per_class: At least 1.

    Returns:
        Up to ``per_class`` times the number of classes images, class by class.
    """
    labels = np.asarray(data.dataset.labels)[data.validation].astype(np.intp)
    firsts = [np.flatnonzero(labels == label)[:per_class] for label in range(data.source.classes)]
    chosen = np.concatenate(firsts)
    actual = labels[chosen]
    images: NDArray[np.uint8] = np.ascontiguousarray(data.dataset.images[data.validation[chosen]])
    predicted, probability = np.empty(len(chosen), np.intp), np.empty(len(chosen), np.float32)
    network, loss, size = trainer.network, trainer.loss, trainer.validation.batch_size
    for start in range(0, len(chosen), size):
        part = slice(start, start + size)
        x = data.normalization.apply(images[part], np.empty(images[part].shape, np.float32))
        logits = forward(network, x, trainer.flips)
        predicted[part] = logits.argmax(axis=1)
        shares = probabilities(logits, loss.output)
        probability[part] = np.take_along_axis(shares, predicted[part, None], axis=1)[:, 0]
    return SampleImages(tuple(data.source.class_names), images, actual, predicted, probability)
