"""Rotate, scale, shear and move images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from swatch.data.augmentation import Augmentation
from swatch.data.buffer import Buffer
from swatch.errors import UserError, did_you_mean

INTERPOLATIONS = ("nearest", "bilinear")


class Affine(Augmentation):
    """Every image goes through a random affine map about its centre; what moves in is background.

    P. Simard et al., "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis"
    (2003). With A = s R(φ) S, of scale s, rotation R and shear S, the pixel at p (seen from the centre) takes
    the value of the old image at A⁻¹ p - t. All pixels of a batch are looked up at once.

    Args:
        rotation: largest angle in degrees, to either side.
        scale: largest change of size as a share: 0.1 draws s from 0.9 to 1.1.
        shear: largest shear angle in degrees, to either side.
        shift: largest move in pixels, in each direction.
        interpolation: ``nearest`` pixel, or ``bilinear`` between four.

    Raises:
        UserError: a value is out of range, or the interpolation is unknown.
    """

    def __init__(
        self,
        rotation: float = 0.0,
        scale: float = 0.0,
        shear: float = 0.0,
        shift: float = 0.0,
        interpolation: str = "bilinear",
    ) -> None:
        ranges = {"rotation": (rotation, 180), "scale": (scale, 0.9), "shear": (shear, 80)}
        for name, (value, limit) in {**ranges, "shift": (shift, float("inf"))}.items():
            if not 0 <= value <= limit:
                raise UserError(f"{name} must be in [0, {limit:g}], found {value}")
        if interpolation not in INTERPOLATIONS:
            raise UserError(
                f"interpolation must be one of {', '.join(INTERPOLATIONS)}, not '{interpolation}'."
                f"{did_you_mean(str(interpolation), INTERPOLATIONS)}"
            )
        self.rotation, self.scale, self.shear, self.shift = rotation, scale, shear, shift
        self.interpolation = interpolation
        self._grid = np.empty((3, 0), np.float32)
        self._size = (0, 0)
        self._coordinates, self._fractions = Buffer(np.float32), Buffer(np.float32)
        self._whole, self._index = Buffer(np.float32), Buffer(np.intp)
        self._padded, self._taken = Buffer(np.uint8), Buffer(np.uint8)
        self._sum, self._term, self._weight = Buffer(np.float32), Buffer(np.float32), Buffer(np.float32)

    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Map each of ``images`` (n, height, width, channels) in place."""
        count, height, width, channels = images.shape
        self._prepare_grid(height, width)
        # Where each pixel comes from, in the padded image: shape (n, 2, height width).
        places = self._coordinates(count, 2, height * width)
        np.matmul(self._inverse_maps(count, rng), self._grid, out=places)
        border = 1 if self.interpolation == "nearest" else 2
        places[:, 0] += (height - 1) / 2 + border
        places[:, 1] += (width - 1) / 2 + border
        # All that is outside looks at the border, which is background.
        np.clip(places[:, 0], 0, height + 2 * border - (1 if border == 1 else 2), out=places[:, 0])
        np.clip(places[:, 1], 0, width + 2 * border - (1 if border == 1 else 2), out=places[:, 1])
        padded = self._pad(images, border)
        if self.interpolation == "nearest":
            np.rint(places, out=places)
            self._take(padded, places, 0, out=images.reshape(count, height * width, channels))
        else:
            self._blend(padded, places, images.reshape(count, height * width, channels))
        return images

    def _prepare_grid(self, height: int, width: int) -> None:
        """Make the pixels' coordinates seen from the centre, and a row of ones for the move."""
        if self._size != (height, width):
            rows, columns = np.mgrid[:height, :width].reshape(2, -1).astype(np.float32)
            self._grid = np.stack(
                [rows - (height - 1) / 2, columns - (width - 1) / 2, np.ones_like(rows)]
            ).astype(np.float32)
            self._size = (height, width)

    def _inverse_maps(self, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw the maps from new to old coordinates, (row, column): shape (n, 2, 3)."""
        angle, scale, shear, down, right = rng.uniform(-1, 1, size=(5, count))
        angle, shear = np.deg2rad(self.rotation) * angle, np.deg2rad(self.shear) * shear
        cos, sin, tan = np.cos(angle), np.sin(angle), np.tan(shear)
        # (s R S)⁻¹ = S⁻¹ Rᵀ / s with S = [[1, tan], [0, 1]].
        inverse = np.empty((count, 2, 3))
        inverse[:, 0, 0], inverse[:, 0, 1] = cos + tan * sin, sin - tan * cos
        inverse[:, 1, 0], inverse[:, 1, 1] = -sin, cos
        inverse[:, :, :2] /= (1 + self.scale * scale)[:, None, None]
        inverse[:, 0, 2], inverse[:, 1, 2] = -self.shift * down, -self.shift * right
        return inverse.astype(np.float32)

    def _pad(self, images: NDArray[np.uint8], border: int) -> NDArray[np.uint8]:
        count, height, width, channels = images.shape
        padded = self._padded(count, height + 2 * border, width + 2 * border, channels)
        padded.fill(0)
        padded[:, border : border + height, border : border + width] = images
        return padded

    def _take(
        self, padded: NDArray[np.uint8], places: NDArray[np.float32], offset: int, out: NDArray[np.uint8]
    ) -> None:
        """Write the pixels at ``places`` (whole numbers), ``offset`` pixels further in memory, to ``out``."""
        count, _, pixels = places.shape
        rows, columns, channels = padded.shape[1:]
        index, column = self._index(2, count, pixels)
        np.copyto(index, places[:, 0], casting="unsafe")
        np.copyto(column, places[:, 1], casting="unsafe")
        np.multiply(index, columns, out=index)
        np.add(index, column, out=index)
        np.add(index, np.arange(offset, offset + count * rows * columns, rows * columns)[:, None], out=index)
        padded.reshape(-1, channels).take(index, axis=0, out=out, mode="clip")

    def _blend(
        self, padded: NDArray[np.uint8], places: NDArray[np.float32], images: NDArray[np.uint8]
    ) -> None:
        """Write the means of four neighbours each, weighted by their nearness."""
        count, pixels, channels = images.shape
        whole = self._whole(*places.shape)
        np.floor(places, out=whole)
        down, right = np.subtract(places, whole, out=self._fractions(*places.shape)).transpose(1, 0, 2)
        total, term = self._sum(count, pixels, channels), self._term(count, pixels, channels)
        (weight, across), taken = self._weight(2, count, pixels), self._taken(count, pixels, channels)
        total.fill(0.5)  # the conversion to bytes then rounds
        columns = padded.shape[2]
        for is_down in (False, True):
            for is_right in (False, True):
                self._take(padded, whole, is_down * columns + is_right, out=taken)
                np.copyto(weight, down) if is_down else np.subtract(1, down, out=weight)
                np.copyto(across, right) if is_right else np.subtract(1, right, out=across)
                np.multiply(weight, across, out=weight)
                np.multiply(taken, weight[:, :, None], out=term)
                np.add(total, term, out=total)
        np.copyto(images, total, casting="unsafe")
