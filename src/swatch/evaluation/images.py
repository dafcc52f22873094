"""Opening image files: any size and format that Pillow reads, brought to plain grey or colour values."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_EDGE = 2048
"""Pictures with a longer edge are made smaller first, by whole factors: a network sees far less than that."""

# ITU-R BT.601, as Pillow's own conversion to grey.
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class UnreadableImageError(Exception):
    """A file that gives no picture; the message says why, as the end of a sentence about the file."""


@dataclass(frozen=True)
class Photograph:
    """A picture as a person sees it: turned as the camera meant it, transparency still apart.

    Attributes:
        values: float32 in [0, 255], shape (height, width, channels) with 1 (grey) or 3 channels.
        opacity: float32 in [0, 1], shape (height, width); None for pictures without transparency.
        size: width and height of the file's picture, in pixels.
        form: the file's format, such as "PNG".
    """

    values: NDArray[np.float32]
    opacity: NDArray[np.float32] | None
    size: tuple[int, int]
    form: str

    @property
    def grey(self) -> NDArray[np.float32]:
        """Brightness, shape (height, width)."""
        return brightness(self.values)

    def over(self, level: float) -> NDArray[np.float32]:
        """Return the values in front of a plain background of this level."""
        if self.opacity is None:
            return self.values
        opacity = self.opacity[..., np.newaxis]
        return np.asarray(self.values * opacity + level * (1 - opacity), np.float32)


def brightness(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the brightness of grey or colour values: shape (height, width, channels) to (height, width)."""
    if values.shape[-1] == 1:
        return values[..., 0]
    return np.asarray(values @ _LUMA, np.float32)


def open_photograph(path: Path) -> Photograph:
    """Read an image file; of an animation its first picture.

    Raises:
        UnreadableImageError: there is no such file, it is no image, it is damaged, or it is too large.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if path.is_dir():
        raise UnreadableImageError("is a folder without images")
    try:
        with warnings.catch_warnings():
            # Pillow's own remarks on odd metadata, in the middle of a table, would help nobody.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                form = opened.format or "image"
                opened.load()
                picture = ImageOps.exif_transpose(opened)
                return _photograph(picture, form)
    except FileNotFoundError:
        raise UnreadableImageError("does not exist") from None
    except UnidentifiedImageError:
        raise UnreadableImageError("is no image that Pillow can read") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UnreadableImageError("is too large: it unpacks to more than 89 million pixels") from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        # Pillow's decoders raise all of these for damaged files.
        reason = getattr(error, "strerror", None) or error
        raise UnreadableImageError(f"cannot be read: {reason}") from None


def _photograph(picture: Image, form: str) -> Photograph:
    from PIL import Image as PillowImage

    size = picture.size
    if picture.mode.startswith(("I", "F")):
        levels = _bytes_of(np.asarray(picture, np.float32), picture.mode)
        return Photograph(_values(PillowImage.fromarray(levels)), None, size, form)
    has_colours = picture.mode not in {"1", "L", "LA", "La"}
    opacity = None
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        opacity = _values(picture.getchannel("A"))[..., 0] / np.float32(255)
        opacity = None if opacity.min() == 1 else opacity
    return Photograph(_values(picture.convert("RGB" if has_colours else "L")), opacity, size, form)


def _values(picture: Image) -> NDArray[np.float32]:
    """Return shape (height, width, channels), the longest edge within ``LONGEST_EDGE``."""
    factor = -(-max(picture.size) // LONGEST_EDGE)
    values = np.asarray(picture if factor == 1 else picture.reduce(factor), np.float32)
    return values.reshape(*values.shape[:2], -1)


def _bytes_of(levels: NDArray[np.float32], mode: str) -> NDArray[np.float32]:
    """Scale grey levels of 16 bits, of floating-point numbers, or of any other range, to [0, 255]."""
    levels = np.nan_to_num(levels, posinf=0.0, neginf=0.0)
    low, high = float(levels.min()), float(levels.max())
    if mode == "F" and low >= 0 and high <= 255:
        return levels * np.float32(255 if high <= 1 else 1)
    if low >= 0 and high <= 65535:
        return levels / np.float32(257)
    return (levels - np.float32(low)) * np.float32(255 / (high - low))
