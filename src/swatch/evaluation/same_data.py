"""Whether the data that a run names are still those that it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swatch.data.labelling import listed
from swatch.errors import UserError
from swatch.training.dataset_reference import reference_of

if TYPE_CHECKING:
    from swatch.data.source import Source
    from swatch.tracking import RunDirectory
    from swatch.training.model import Model


def check_fit(source: Source, model: Model, run_id: str) -> None:
    """Check that images and classes are what the network knows: else its answers would be of other classes.

    Raises:
        UserError: the data set has other images or classes than when the run was trained.
    """
    if tuple(source.image_shape) != tuple(model.network.input_shape):
        now, then = ("x".join(map(str, shape)) for shape in (source.image_shape, model.network.input_shape))
        raise UserError(
            f"{source.title} has changed since run '{run_id}' was trained: its images were {then}, "
            f"and are {now} now"
        )
    if tuple(source.class_names) != model.classes:
        raise UserError(
            f"{source.title} has changed since run '{run_id}' was trained: its classes were "
            f"{listed(model.classes)}, and are {listed(source.class_names)} now"
        )


def changed_files(source: Source, directory: RunDirectory) -> tuple[str, ...]:
    """Return the files of training and validation images whose contents are not those of the training.

    Empty too if the run kept no checksums (``tracking.dataset=false``).
    """
    description = directory.read_description()
    if description is None or description.dataset is None:
        return ()
    then, now = description.dataset.files, reference_of(source, source.training_set()).files
    return tuple(
        name for name, facts in then.items() if name in now and now[name]["sha256"] != facts.get("sha256")
    )
