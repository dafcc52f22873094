"""Opening a trained network for images that it has never seen, and asking it about files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.evaluation.evaluating import why_no_model
from swatch.evaluation.finding import find_run
from swatch.evaluation.images import UnreadableImageError
from swatch.evaluation.images_placement import Invert, Placement, View, Way
from swatch.evaluation.images_trained import TrainedLook
from swatch.tracking import RunDirectory
from swatch.training.model_file import load_model

if TYPE_CHECKING:
    from swatch.training.model import Model

_DATA = "swatch.data."
_DIGITS = tuple(map(str, range(10)))
_AT_A_TIME = 64


class Eye(Protocol):
    """Brings an image file to the form that a network has learned."""

    def view(self, path: Path, invert: Invert = "auto") -> View:
        """Return what the network is shown.

        Raises:
            UnreadableImageError: the file gives no picture.
        """
        ...


@dataclass(frozen=True)
class Predictor:
    """A trained network that can be asked.

    Attributes:
        name: of the run, or the file.
        model: the network, its classes and what comes before and after it.
        data: the run's config of its data set; empty for a model file alone.
    """

    name: str
    model: Model
    data: Mapping[str, Any]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images that the network takes."""
        height, width, channels = self.model.network.input_shape
        return height, width, channels

    @property
    def labels(self) -> tuple[str, ...]:
        """What stands for each class in the data set's files: its number, unless its name is one already."""
        classes = self.model.classes
        return classes if all(name.isdecimal() for name in classes) else tuple(map(str, range(len(classes))))

    def eye(self, *, whole: bool = False) -> Eye:
        """Return what prepares image files: as the run's data set does it.

        Args:
            whole: use pictures as they are, without cutting out the object.
        """
        target = str(self.data.get("_target_", ""))
        if target == f"{_DATA}image_folder.ImageFolder":
            return TrainedLook.from_config(self.data, self.shape)
        is_mnist = target == f"{_DATA}mnist.MNIST" or (
            not target.startswith((f"{_DATA}fashion_mnist.", f"{_DATA}digits."))
            and self.model.classes == _DIGITS
            and self.shape == (28, 28, 1)
        )
        way: Way = "whole" if whole or self.shape[2] != 1 else "mass" if is_mnist else "box"
        return Placement(self.shape, way, light_ground=self._has_light_ground())

    def _has_light_ground(self) -> bool:
        """Whether its training images are light on the whole, as far as the model file tells."""
        normalization = self.model.normalization
        if normalization is None or normalization.kind != "standardized":
            return False
        return -normalization.offset / normalization.scale > 127.5


@dataclass(frozen=True)
class Prediction:
    """What a network says of a file.

    Attributes:
        path: the file.
        view: what it was shown.
        probabilities: of every class, shape (classes,).
    """

    path: Path
    view: View
    probabilities: NDArray[np.floating[Any]]

    @property
    def file(self) -> str:
        """The file's name as text that can be printed, whatever bytes it is made of."""
        return _printable(self.path)

    def best(self, count: int) -> list[int]:
        """Return the most probable classes, the first first."""
        order: list[int] = np.argsort(-self.probabilities, kind="stable")[:count].tolist()
        return order


@dataclass(frozen=True)
class Unreadable:
    """A file that gave no picture, and why, as the end of a sentence about it."""

    path: Path
    reason: str

    @property
    def file(self) -> str:
        """The file's name as text that can be printed, whatever bytes it is made of."""
        return _printable(self.path)


def open_predictor(wanted: str) -> Predictor:
    """Open a run's network, or a model file's.

    Args:
        wanted: a run's id or folder, a ``.npz`` file that holds a model, or a folder with a ``model.npz``.

    Raises:
        UserError: there is no such run or file, it has no model, or the network takes no images.
    """
    path = Path(wanted).expanduser()
    if path.suffix == ".npz" and not path.is_dir():
        directory, file = RunDirectory(path.absolute().parent), path
    elif (path / "model.npz").is_file():
        directory = RunDirectory(path.absolute())
        file = directory.model_file
    else:
        directory = find_run(wanted)
        file = directory.model_file
        if not file.exists():
            raise UserError(f"run '{directory.path.name}' has no model: {why_no_model(directory)}")
    config = directory.read_config() or {}
    trusted = tuple((config.get("compose") or {}).get("trusted_packages") or ())
    model = load_model(file, trusted)
    shape = model.network.input_shape
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise UserError(
            f"{file} takes inputs of shape {shape}, and images are (height, width, channels), grey or RGB"
        )
    if model.normalization is None:
        raise UserError(
            f"{file} does not say what becomes of an image's bytes before the network; a model that "
            "`swatch train` has written does, or one saved as a Model with its normalization"
        )
    data = config.get("data")
    if isinstance(data, dict):
        return Predictor(directory.path.name, model, data)
    return Predictor(file.name, model, {})


def image_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files that are meant: a folder stands for the images in it, sorted by name."""
    from PIL import Image

    Image.init()
    known = {extension for extension, form in Image.registered_extensions().items() if form in Image.OPEN}
    found = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else []
        images = [each for each in inside if each.is_file() and each.suffix.lower() in known]
        found += [each for each in images if not each.name.startswith(".")] or [path]
    return found


def predict_files(
    predictor: Predictor, eye: Eye, paths: Sequence[Path], invert: Invert = "auto"
) -> Iterator[Prediction | Unreadable]:
    """Say what is on image files, in their order; some are read at a time.

    Args:
        predictor: whom to ask.
        eye: what prepares them.
        paths: the files.
        invert: whether dark and light are exchanged.
    """
    for start in range(0, len(paths), _AT_A_TIME):
        results = [_view(eye, path, invert) for path in paths[start : start + _AT_A_TIME]]
        views = [result for result in results if isinstance(result, View)]
        answers = (
            iter(predictor.model.predict_proba(np.stack([view.pixels for view in views]))) if views else None
        )
        for path, result in zip(paths[start:], results, strict=False):
            if isinstance(result, Unreadable):
                yield result
            elif answers is not None:
                yield Prediction(path, result, next(answers))


def _printable(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _view(eye: Eye, path: Path, invert: Invert) -> View | Unreadable:
    try:
        return eye.view(path, invert)
    except UnreadableImageError as error:
        return Unreadable(path, str(error))
