"""Image files for a network that was trained with image files: prepared in the very same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swatch.data.image_reader import Look, Unusable, load
from swatch.evaluation.images import UnreadableImageError, open_photograph
from swatch.evaluation.images_placement import Invert, View


@dataclass(frozen=True)
class TrainedLook:
    """What ``swatch.data.image_folder.ImageFolder`` did to the training images.

    Attributes:
        look: its settings.
    """

    look: Look

    @classmethod
    def from_config(cls, data: Mapping[str, Any], shape: tuple[int, int, int]) -> TrainedLook:
        """Return the look of a run.

        Args:
            data: the run's config of its data set.
            shape: height, width and channels that its network takes.
        """
        return cls(
            Look(
                size=(shape[0], shape[1]),
                colours="rgb" if shape[2] == 3 else "grey",
                fit=data.get("fit", "pad"),
                background=int(data.get("background", 0)),
                invert=bool(data.get("invert", False)),
                bad_images="refuse",
            )
        )

    def view(self, path: Path, invert: Invert = "auto") -> View:
        """Return what the network is shown of an image file.

        Args:
            path: any size and format.
            invert: exchange dark and light; "auto" does as in training.

        Raises:
            UnreadableImageError: it gives no picture.
        """
        inverts = self.look.invert if invert == "auto" else invert == "yes"
        size = open_photograph(path).size
        try:
            pixels = load(path, replace(self.look, invert=inverts))
        except Unusable as error:
            raise UnreadableImageError(str(error)) from None
        reason = " as in training" if invert == "auto" else ""
        return View(pixels, size, inverts, (f"inverted{reason}",) if inverts else ())
