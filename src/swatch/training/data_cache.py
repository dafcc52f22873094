"""Keeps the prepared data set between the trials of one agent."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from swatch.compose import build

if TYPE_CHECKING:
    from swatch.compose import Composition
    from swatch.data.normalization import Normalization
    from swatch.data.source import Dataset, Source

_KEPT = 2
_prepared: OrderedDict[str, PreparedData] = OrderedDict()


@dataclass(frozen=True)
class PreparedData:
    """A data set split for training; the test set is not part of it and was not opened."""

    source: Source
    dataset: Dataset
    training: NDArray[np.intp]
    """Sorted indices of the training part."""
    validation: NDArray[np.intp]
    normalization: Normalization


def prepare_data(composition: Composition) -> PreparedData:
    """Return the data set that the config names, fetched and split; the last ones are remembered.

    Raises:
        UserError: The data cannot be had, or it is damaged.
    """
    key = json.dumps(composition.plain["data"], sort_keys=True, default=str)
    if key in _prepared:
        _prepared.move_to_end(key)
        return _prepared[key]
    source: Any = build(composition.config.data)
    source.prepare()
    dataset = source.training_set()
    training, validation = source.split(dataset.labels)
    data = PreparedData(source, dataset, training, validation, source.normalizer(dataset.images, training))
    _prepared[key] = data
    if len(_prepared) > _KEPT:
        _prepared.popitem(last=False)
    return data
