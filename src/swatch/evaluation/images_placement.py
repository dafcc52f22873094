"""From a photograph to what a network has learned to see: light on dark, cut out, scaled, centred."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from swatch.evaluation.images import Photograph, brightness, open_photograph
from swatch.evaluation.images_background import Background, find_background, is_light

Invert = Literal["auto", "yes", "no"]
Way = Literal["box", "mass", "whole"]
"""How a data set places its objects: by the box around them, by their centre of mass, or not at all."""

# Of MNIST's 28 pixels, those that a digit may take (Y. LeCun, http://yann.lecun.com/exdb/mnist/).
_MASS_SHARE = 20 / 28
# What stands out by itself and is smaller than this share of the largest part is noise or dust.
_SPECK_SHARE = 0.01
# The brightest of the ink becomes white, but for what may be a glare.
_INK_QUANTILE = 0.99


@dataclass(frozen=True)
class View:
    """What a network is shown of a file.

    Attributes:
        pixels: uint8, shape (height, width, channels).
        size: width and height of the file's picture.
        inverted: whether dark and light were exchanged.
        remarks: what was done to the picture, in words.
    """

    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    inverted: bool
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Placement:
    """How pictures are brought to a network's form.

    Attributes:
        shape: height, width and channels that the network takes.
        way: how the data set places its objects.
        light_ground: whether the data set's images have a light background.
    """

    shape: tuple[int, int, int]
    way: Way
    light_ground: bool = False

    def view(self, path: Path, invert: Invert = "auto") -> View:
        """Return what the network is shown of an image file.

        Args:
            path: any size and format.
            invert: exchange dark and light; "auto" does if the background is not as in the data set.

        Raises:
            UnreadableImageError: it gives no picture.
        """
        photograph = open_photograph(path)
        has_colours = self.shape[2] == 3
        values = photograph.over(self._ground(photograph, invert))
        grey = np.rint(brightness(values))
        inverts = invert == "yes"
        if invert == "auto" and not has_colours:
            inverts = is_light(grey) != self.light_ground
        remarks = [self._inversion(inverts, invert, has_colours)]
        if not has_colours:
            values = grey[..., np.newaxis]
        elif values.shape[2] == 1:
            values = values.repeat(3, axis=2)
        if inverts:
            values = 255 - values
        # A picture is placed with a dark background, which makes padding zero; of an inversion that was
        # asked for against what the background says, nothing else must be undone.
        is_light_now = self.light_ground if has_colours else is_light(brightness(values))
        placed, remark = self._place(255 - values if is_light_now else values)
        placed = 255 - placed if is_light_now else placed
        pixels = np.rint(placed).clip(0, 255).astype(np.uint8)
        return View(pixels, photograph.size, inverts, (*filter(None, remarks), *filter(None, [remark])))

    def _ground(self, photograph: Photograph, invert: Invert) -> float:
        """Return the level that transparency becomes: the data set's background in the end."""
        if photograph.opacity is None:
            return 0.0
        if invert != "auto" or self.shape[2] == 3:
            return 255.0 * (self.light_ground != (invert == "yes"))
        weights = photograph.opacity
        total = float(weights.sum())
        mean = float((photograph.grey * weights).sum()) / total if total else 0.0
        # Whatever is on it must stand out.
        return 255.0 * (mean < 127.5)

    def _inversion(self, inverts: bool, invert: Invert, has_colours: bool) -> str:
        if invert != "auto":
            return "inverted" if inverts else ""
        if has_colours:
            return ""
        return f"inverted: {'dark' if self.light_ground else 'light'} background" if inverts else ""

    def _place(self, values: NDArray[np.float32]) -> tuple[NDArray[np.float32], str]:
        """Return the picture in the network's size, and what was done."""
        height, width, channels = self.shape
        if values.shape[:2] == (height, width):
            return values, ""
        if self.way == "whole" or channels != 1:
            return _in_the_middle(_fit(values, (height, width)), self.shape), ""
        grey = values[..., 0]
        background = find_background(grey)
        if not background.is_even:
            remark = "the background is uneven: the whole picture is used"
            return _in_the_middle(_fit(values, (height, width)), self.shape), remark
        box = _object(grey, background)
        if box is None:
            return np.full(self.shape, grey.mean(), np.float32), "nothing stands out: it is of one colour"
        ground = background.levels[box]
        cut = ((grey[box] - ground) * (255 / np.maximum(255 - ground, 1))).clip(0, 255)
        share = 100 * cut.size / grey.size
        remark = "" if cut.shape == grey.shape else f"cut to its object ({share:.0f}%)"
        if self.way == "box":
            return _in_the_middle(_fit(cut[..., np.newaxis], (height, width)), self.shape), remark
        ink = cut[cut > background.contrast]
        cut = (cut * (255 / np.quantile(ink, _INK_QUANTILE) if len(ink) else 1)).clip(0, 255)
        room = (round(height * _MASS_SHARE), round(width * _MASS_SHARE))
        return _by_mass(_fit(cut[..., np.newaxis], room), self.shape), remark


def _object(grey: NDArray[np.float32], background: Background) -> tuple[slice, slice] | None:
    """Return the rows and columns of the object, or None if nothing stands out."""
    from scipy import ndimage

    stands_out = np.abs(grey - background.levels) > background.contrast
    parts, count = ndimage.label(stands_out, structure=np.ones((3, 3)))
    if not count:
        return None
    areas = np.bincount(parts.ravel())
    areas[0] = 0
    kept = (areas >= _SPECK_SHARE * areas.max())[parts]
    kept &= stands_out
    rows, columns = (np.flatnonzero(kept.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _fit(values: NDArray[np.float32], room: tuple[int, int]) -> NDArray[np.float32]:
    """Scale a picture so that it just fits into so many rows and columns; it is never distorted.

    What becomes smaller is averaged over the area of each new pixel, what becomes larger interpolated.
    """
    from PIL import Image

    height, width = values.shape[:2]
    factor = min(room[0] / height, room[1] / width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    way = Image.Resampling.BOX if factor < 1 else Image.Resampling.BICUBIC
    channels = [
        np.asarray(Image.fromarray(np.ascontiguousarray(values[..., channel])).resize(size, way))
        for channel in range(values.shape[2])
    ]
    return np.stack(channels, axis=-1).clip(0, 255)


def _in_the_middle(values: NDArray[np.float32], shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Place a picture at the centre; an odd rest is left above and to the left, as in Fashion-MNIST."""
    top, left = (-(-(whole - part) // 2) for whole, part in zip(shape, values.shape[:2], strict=False))
    return _at(values, shape, top, left)


def _by_mass(values: NDArray[np.float32], shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Place a picture so that its centre of mass is the centre, as far as it stays within the frame."""
    mass = values[..., 0]
    total = float(mass.sum()) or 1.0
    centre = [float((mass.sum(axis=1 - axis) * np.arange(mass.shape[axis])).sum()) / total for axis in (0, 1)]
    top, left = (
        min(max(round(whole / 2 - middle), 0), whole - part)
        for whole, middle, part in zip(shape, centre, mass.shape, strict=False)
    )
    return _at(values, shape, top, left)


def _at(values: NDArray[np.float32], shape: tuple[int, int, int], top: int, left: int) -> NDArray[np.float32]:
    placed = np.zeros(shape, np.float32)
    placed[top : top + values.shape[0], left : left + values.shape[1]] = values
    return placed
