"""Small pictures for the terminal: half blocks in shades or colours, or characters where it has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from swatch.evaluation.images import brightness

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MOST_COLUMNS = 32

# From dark to light, with about as much ink as each step needs.
_CHARACTERS = " .:-=+*#%@"
_UPPER_HALF = "▀"


def draw(pixels: NDArray[np.uint8], out: Console) -> Text:
    """Return an image as text: a character is as wide as a pixel, and two pixels high.

    Args:
        pixels: shape (height, width, channels) with 1 (grey) or 3 channels; large ones are made smaller.
        out: the console that will show it; it decides what can be shown.
    """
    from rich.text import Text

    values = _two_rows_each(_smaller(pixels))
    if not _has_shades(out):
        grey = brightness(values.astype(np.float32))
        # A line that is lit in one of its two rows must not vanish between them.
        steps = np.rint(grey.reshape(-1, 2, grey.shape[1]).mean(axis=1) * ((len(_CHARACTERS) - 1) / 255))
        return Text("\n".join("".join(_CHARACTERS[int(step)] for step in row) for row in steps))
    picture = Text()
    for number, (upper, lower) in enumerate(zip(values[::2], values[1::2], strict=True)):
        picture.append("\n" if number else "")
        for above, below in zip(upper, lower, strict=True):
            picture.append(_UPPER_HALF, style=f"{_colour(above)} on {_colour(below)}")
    return picture


def _has_shades(out: Console) -> bool:
    """Whether there are enough colours for a picture, and the character for it."""
    return (
        out.color_system in {"256", "truecolor"}
        and not out.no_color
        and out.encoding.lower().replace("-", "") == "utf8"
    )


def _colour(values: NDArray[np.uint8]) -> str:
    red, green, blue = (int(values[place % len(values)]) for place in range(3))
    return f"rgb({red},{green},{blue})"


def _smaller(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    factor = -(-pixels.shape[1] // MOST_COLUMNS)
    if factor == 1:
        return pixels
    from PIL import Image

    channels: list[Any] = [
        Image.fromarray(np.ascontiguousarray(pixels[..., channel])).reduce(factor)
        for channel in range(pixels.shape[2])
    ]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


def _two_rows_each(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Add a row where their number is odd."""
    return pixels if len(pixels) % 2 == 0 else np.concatenate([pixels, pixels[-1:]])
