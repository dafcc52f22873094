"""Building what a config describes without training it, so that mistakes show before anything starts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from swatch.compose import build
from swatch.errors import UserError
from swatch.tracking.naming import run_name
from swatch.training.assembly import check_batch_size

if TYPE_CHECKING:
    from swatch.compose import Composition


def rehearse(composition: Composition) -> None:
    """Build everything of a run that needs no data, and fill in its name.

    Raises:
        UserError: A value is refused by what it configures; the message names the config key.
    """
    config, settings = composition.config, composition.settings
    source: Any = build(config.data)
    build(config.augmentation)
    build(config.model, classes=source.classes)
    optimizer: Any = build(config.optimizer)
    build(config.scheduler, base=optimizer.hyperparameters(), total_steps=settings.epochs)
    build(config.regularization)
    build(config.loss)
    run_name(settings.run.name, composition.plain, composition.choices, ())


class DataRehearsal:
    """Whether the data can be had and suits the batch size; each data set is fetched and counted once.

    Args:
        fetch: Get what is not here yet; else nothing is said of it.
    """

    def __init__(self, *, fetch: bool = True) -> None:
        self._fetch = fetch
        self._counts: dict[str, int | UserError | None] = {}

    def __call__(self, composition: Composition) -> None:
        """Fetch the data of a config, if need be, and compare the batch size with the training part.

        Raises:
            UserError: The data cannot be had, or has fewer images than a batch.
        """
        key = json.dumps(composition.plain["data"], sort_keys=True, default=str)
        if key not in self._counts:
            self._counts[key] = self._count(composition)
        count = self._counts[key]
        if isinstance(count, UserError):
            raise count
        if count is not None:
            check_batch_size(composition.settings.batch_size, count)

    def _count(self, composition: Composition) -> int | UserError | None:
        """Return the number of training images, or why there are none; None if that may not be found out."""
        try:
            source: Any = build(composition.config.data)
            if not self._fetch and not source.is_here():
                return None
            source.prepare()
            training, _ = source.split(source.training_set().labels)
        except UserError as error:
            return error
        return len(training)
