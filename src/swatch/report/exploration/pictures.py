"""Images as small PNG data URIs, and as text."""

from __future__ import annotations

import base64
import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHADES = " ░▒▓█"


class Pictures:
    """Makes data URIs, each small enough that a given number of them fits into a page.

    A PNG is hardly ever larger than its pixels are, so that their number bounds it.

    Args:
        count: how many pictures there will be.
        shape: height, width and channels of the images.
        budget: bytes of page for all of them.
    """

    _OVERHEAD = 250

    def __init__(self, count: int, shape: tuple[int, int, int], budget: int = 2_200_000) -> None:
        height, width, channels = shape
        # Base64 writes three bytes as four letters.
        pixels = max(budget * 3 / 4 / count - self._OVERHEAD, 64) / (3 if channels > 1 else 1)
        scale = min(math.sqrt(pixels / (height * width)), 1.0)
        self._size = None if scale == 1 else (max(int(width * scale), 1), max(int(height * scale), 1))

    def __call__(self, image: NDArray[Any]) -> str:
        """Return an image, bytes of shape (height, width, channels), as the address of a PNG."""
        from PIL import Image

        picture = Image.fromarray(drawable(image))
        if self._size is not None:
            picture = picture.resize(self._size, Image.Resampling.LANCZOS)
        stream = io.BytesIO()
        picture.save(stream, "PNG", optimize=True)
        return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def as_text(image: NDArray[np.uint8], columns: int = 16) -> list[str]:
    """Return an image as lines of shaded characters, twice as high as wide, stretched to full contrast."""
    from PIL import Image

    grey = Image.fromarray(drawable(image)).convert("L")
    lines = max(round(columns * image.shape[0] / image.shape[1] / 2), 1)
    pixels = np.asarray(grey.resize((columns, lines), Image.Resampling.BOX), np.float32)
    low, high = float(pixels.min()), float(pixels.max())
    levels = ((pixels - low) / ((high - low) or 1.0) * (len(_SHADES) - 1)).round().astype(int)
    return ["".join(_SHADES[level] for level in line) for line in levels]


def drawable(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Return bytes of shape (height, width) or (height, width, 3); of 2 or of more channels, the first."""
    pixels = np.ascontiguousarray(image if image.shape[-1] in (1, 3) else image[..., :1], np.uint8)
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels
