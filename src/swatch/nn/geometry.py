"""Windows on images: their sizes, steps and margins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from swatch.errors import UserError, did_you_mean
from swatch.nn.module import Shape

Pair = tuple[int, int]

VALID, SAME = "valid", "same"


class Padding(NamedTuple):
    """Rows and columns that are added around an image; negative ones are cut off."""

    top: int
    bottom: int
    left: int
    right: int


NONE = Padding(0, 0, 0, 0)


def pair(name: str, value: int | Sequence[int], least: int = 1) -> Pair:
    """Return (vertical, horizontal) of one number for both, or of two.

    Raises:
        UserError: it is neither, or below ``least``; the message begins with ``name``.
    """
    numbers = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(numbers) != 2 or any(not isinstance(n, int) or isinstance(n, bool) for n in numbers):
        raise UserError(f"{name} must be a whole number or a pair of them, found {value}")
    if min(numbers) < least:
        raise UserError(f"{name} must be at least {least}, found {value}")
    return numbers[0], numbers[1]


def check_padding(padding: str | int | Sequence[int]) -> str | Pair:
    """Return ``valid``, ``same``, or a pair of margins.

    Raises:
        UserError: it is none of these; the message begins with ``padding``.
    """
    if not isinstance(padding, str):
        return pair("padding", padding, least=0)
    if padding not in (VALID, SAME):
        raise UserError(
            f"padding must be {VALID}, {SAME}, a whole number or a pair of them, not '{padding}'."
            f"{did_you_mean(padding, (VALID, SAME))}"
        )
    return padding


def resolve_padding(padding: str | Pair, size: Pair, kernel: Pair, stride: Pair) -> Padding:
    """Return the margins around images of (height, width).

    ``same`` adds as many as make the output ceil(size / stride); an odd one goes to the bottom and the right.
    """
    if padding == VALID:
        return NONE
    if isinstance(padding, str):
        missing = [
            max((-(-length // step) - 1) * step + window - length, 0)
            for length, window, step in zip(size, kernel, stride, strict=True)
        ]
        (top, left), (bottom, right) = ([m // 2 for m in missing], [m - m // 2 for m in missing])
        return Padding(top, bottom, left, right)
    return Padding(padding[0], padding[0], padding[1], padding[1])


def count_windows(size: Pair, kernel: Pair, stride: Pair, padding: Padding = NONE) -> Pair:
    """Return how many windows fit vertically and horizontally; below 1 if the kernel is too large."""
    height, width = size[0] + padding.top + padding.bottom, size[1] + padding.left + padding.right
    return (height - kernel[0]) // stride[0] + 1, (width - kernel[1]) // stride[1] + 1


def image_size(name: str, shape: Shape) -> Pair:
    """Return (height, width) of samples of shape (height, width, channels).

    Raises:
        UserError: the samples are not images; the message names the layer.
    """
    if len(shape) != 3:
        raise UserError(
            f"{name} takes images of shape (height, width, channels), and samples of shape {shape} come to it"
        )
    return shape[0], shape[1]


def fit_windows(name: str, shape: Shape, kernel: Pair, stride: Pair, padding: Padding = NONE) -> Pair:
    """Return how many windows of a layer fit its images.

    Raises:
        UserError: the samples are not images, or smaller than the kernel; the message names the layer.
    """
    size = image_size(name, shape)
    counts = count_windows(size, kernel, stride, padding)
    if min(counts) < 1:
        padded = "" if padding == NONE else " with their padding"
        raise UserError(
            f"{name} has windows of {kernel[0]}x{kernel[1]}, which do not fit into the images of "
            f"{size[0]}x{size[1]} that come to it{padded}"
        )
    return counts
