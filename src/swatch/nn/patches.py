"""Images as matrices whose rows are their windows, so that a convolution is a matrix product."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import DTypeLike

from swatch.nn.arrays import Array
from swatch.nn.geometry import NONE, Padding, Pair, count_windows
from swatch.nn.module import Shape

# Copying runs as long as a row of a window. Below this many channels they are so short that copying one
# place of all windows at a time, in runs as long as a row of the image, is faster.
FEW_CHANNELS = 4

# Elements of the windows, and of what comes out of them, that are worked on at a time: half of a common
# second-level cache of 1 MB.
BLOCK = 131_072
# Rows that a matrix product should have at least, and that are enough for any.
FEWEST_ROWS, ENOUGH_ROWS = 640, 1024


def choose_block(elements: int, windows: int, weights: int) -> int:
    """Return how many images a convolution should work on at a time.

    Args:
        elements: of the windows of one image and what comes out of them.
        windows: of one image.
        weights: elements of the kernels, whose gradient is added up from one block to the next: the more
            there are, the more rows the products need to make up for it.
    """
    rows = min(max(weights // 256, FEWEST_ROWS), ENOUGH_ROWS)
    return max(BLOCK // elements, -(-rows // windows))


class _Views(NamedTuple):
    """Memory for a number of images, seen in every way that is needed."""

    inside: Array
    """The padded images without their margins, (n, height, width, channels)."""
    windows: Array
    """All windows of the padded images, in the order of the matrix."""
    copies: Array
    """Where they are copied to: of the same shape, ``matrix`` in memory."""
    matrix: Array
    """(windows, length)."""


class Patches:
    """The windows of a few images at a time.

    A whole batch of windows would leave the cache, being as many times larger than the images as a window has
    elements; the windows of a few images stay in it until they are multiplied.

    The rows of the matrix are in the order (image, row, column). With phases they are grouped by the phase of
    their place: for phases of 2 by 2, first the windows at (0, 0), (0, 2), ..., (2, 0), ... of every image,
    then those at (0, 1), (0, 3), ..., and so on. What a pool compares lies in different groups, at the same
    place of each.

    Args:
        shape: of one image, (height, width, channels).
        kernel: height and width of a window.
        stride: vertical and horizontal distance of windows.
        padding: margins of zeros around every image; negative ones cut off.
        dtype: type of the elements.
        phases: vertical and horizontal; windows that are left over are left out.

    Attributes:
        counts: how many windows there are vertically and horizontally, of each phase.
        length: elements of one window, in the order (row, column, channel).
    """

    def __init__(
        self,
        shape: Shape,
        kernel: Pair,
        stride: Pair,
        padding: Padding,
        dtype: DTypeLike = np.float32,
        phases: Pair = (1, 1),
    ) -> None:
        self.shape, self.kernel, self.stride, self.padding = shape, kernel, stride, padding
        self.dtype = np.dtype(dtype)
        self.phases = phases
        rows, columns = count_windows((shape[0], shape[1]), kernel, stride, padding)
        self.counts = (rows // phases[0], columns // phases[1])
        self.length = math.prod(kernel) * shape[2]
        # Windows of one element need no margins, and without a stride no copy either.
        self._is_point = kernel == (1, 1) and padding == NONE and phases == (1, 1)
        self._views: dict[int, _Views] = {}

    @property
    def size(self) -> int:
        """Elements of the windows of one image."""
        return math.prod(self.phases) * math.prod(self.counts) * self.length

    def memory(self, samples: int) -> int:
        """Return the bytes that ``samples`` images at a time take."""
        if self._is_point:
            return 0 if self.stride == (1, 1) else samples * self.size * self.dtype.itemsize
        return samples * (math.prod(self._padded_shape()) + self.size) * self.dtype.itemsize

    def matrix(self, images: Array) -> Array:
        """Return the windows of a few images, (windows, length); the next call overwrites it.

        Args:
            images: shape (n, *shape).
        """
        if self._is_point:
            return self._points(images)
        np.copyto(self.inside(len(images)), self._cut(images))
        return self.gather(len(images))

    def inside(self, samples: int) -> Array:
        """Return where ``gather`` expects so many images, without what negative margins cut off."""
        try:
            return self._views[samples].inside
        except KeyError:
            self._views[samples] = self._make_views(samples)
            return self._views[samples].inside

    def gather(self, samples: int) -> Array:
        """Return the windows of the images that were written to ``inside``."""
        views = self._views[samples]
        np.copyto(views.copies, views.windows)
        return views.matrix

    def _points(self, images: Array) -> Array:
        """Return windows of one element."""
        if self.stride == (1, 1):
            return images.reshape(-1, self.length)
        windows = images[:, :: self.stride[0], :: self.stride[1]]
        if len(images) not in self._views:
            copies: Array = np.empty(windows.shape, self.dtype)
            self._views[len(images)] = _Views(copies, copies, copies, copies.reshape(-1, self.length))
        views = self._views[len(images)]
        np.copyto(views.copies, windows)
        return views.matrix

    def _padded_shape(self) -> Shape:
        height, width, channels = self.shape
        top, bottom, left, right = self.padding
        return height + top + bottom, width + left + right, channels

    def _cut(self, images: Array) -> Array:
        """Return the part of the images that negative margins leave."""
        if min(self.padding) >= 0:
            return images
        height, width, _ = self.shape
        top, bottom, left, right = (max(-margin, 0) for margin in self.padding)
        return images[:, top : height - bottom, left : width - right]

    def _make_views(self, samples: int) -> _Views:
        # The margins stay zero for ever: only what lies inside is written.
        padded: Array = np.zeros((samples, *self._padded_shape()), self.dtype)
        height, width, channels = padded.shape[1:]
        top, bottom, left, right = (max(margin, 0) for margin in self.padding)
        # Images that are cut off altogether leave nothing inside.
        inside = padded[:, top : max(height - bottom, top), left : max(width - right, left)]
        shape = (*self.phases, samples, *self.counts, *self.kernel, channels)
        sample, row, column, channel = padded.strides
        down, aside = row * self.stride[0], column * self.stride[1]
        strides = (down, aside, sample, down * self.phases[0], aside * self.phases[1])
        windows = as_strided(padded, shape, (*strides, row, column, channel))
        if channels > FEW_CHANNELS:
            copies: Array = np.empty(shape, self.dtype)
            return _Views(inside, windows, copies, copies.reshape(-1, self.length))
        places: Array = np.empty((*shape[5:], *shape[:5]), self.dtype)
        return _Views(
            inside, windows, places.transpose(3, 4, 5, 6, 7, 0, 1, 2), places.reshape(self.length, -1).T
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave the memory out of copies: a copied view would be an array of its own."""
        return self.__dict__ | {"_views": {}}
