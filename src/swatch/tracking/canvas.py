"""A drawing surface with a palette: text on a few grounds, each with an ink that is easy to read on it.

A picture of few colours is a third of the size. Finding a good palette for a finished picture takes longer
than drawing it; here it is known beforehand: every pixel is a ground and how much ink covers it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont
    Anchor = Literal["la", "rs", "ms", "rm", "mm"]

Color = tuple[int, int, int]

_PAPER_COLOR: Color = (255, 255, 255)
_INK: Color = (31, 35, 40)
# From few to many: pale yellow, orange, red, dark red, in about equal steps of lightness.
_SCALE = np.array([(255, 250, 233), (254, 219, 140), (250, 153, 70), (222, 76, 44), (146, 16, 36)], float)
_STEPS = 24
# Relative luminance below which white ink is easier to read than dark ink.
_DARK = 0.24
# Shades from bare ground to full ink.
_SHADES = 8

PAPER, SOFT, NONE, RIGHT = range(4)
"""Grounds: paper, paper for less important text, a cell of nothing, a cell of right answers."""
_FIRST_OF_SCALE = 4
_GROUNDS: tuple[tuple[Color, Color], ...] = (
    (_PAPER_COLOR, _INK),
    (_PAPER_COLOR, (101, 109, 118)),
    ((247, 248, 250), (190, 196, 203)),
    ((222, 228, 235), (80, 90, 102)),
)


def ground_of(level: float) -> int:
    """Return the ground for ``level`` in [0, 1] on the scale from pale yellow to dark red."""
    return _FIRST_OF_SCALE + round(min(max(level, 0.0), 1.0) * (_STEPS - 1))


def font_of(size: int) -> Font:
    """Return Pillow's own font, which every machine has."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


class Canvas:
    """White paper of so many pixels."""

    def __init__(self, width: int, height: int) -> None:
        from PIL import Image

        self._take(Image.new("L", (width, height), PAPER), Image.new("L", (width, height), 0))

    def _take(self, ground: Image, ink: Image) -> None:
        from PIL import ImageDraw

        self._ground, self._ink = ground, ink
        self._on_ground, self._on_ink = ImageDraw.Draw(ground), ImageDraw.Draw(ink)

    def copy(self) -> Canvas:
        """Return another canvas with the same on it."""
        twin = object.__new__(Canvas)
        twin._take(self._ground.copy(), self._ink.copy())
        return twin

    def fill(self, box: tuple[int, int, int, int], ground: int) -> None:
        """Lay a ground; ``box`` is left, top, right and bottom, the last two inside."""
        self._on_ground.rectangle(box, fill=ground)

    def text(self, place: tuple[float, float], text: str, font: Font, anchor: Anchor = "la") -> None:
        """Write in the ink of the ground; ``anchor`` says what lies at ``place``, in Pillow's two letters."""
        self._on_ink.text(place, text, fill=255, font=font, anchor=anchor)

    def soft_text(self, place: tuple[float, float], text: str, font: Font, anchor: Anchor = "la") -> None:
        """Write something less important on paper."""
        left, top, right, bottom = self._on_ink.textbbox(place, text, font=font, anchor=anchor)
        self._on_ground.rectangle((left, top, right, bottom), fill=SOFT)
        self.text(place, text, font, anchor)

    def turned_text(self, place: tuple[float, float], text: str, font: Font, height: int) -> None:
        """Write upwards; ``place`` is the middle of the beginning, ``height`` the room for the letters."""
        from PIL import Image, ImageDraw

        strip = Image.new("L", (round(font.getlength(text)) + 2, height), 0)
        ImageDraw.Draw(strip).text((1, height / 2), text, fill=255, font=font, anchor="lm")
        strip = strip.rotate(90, expand=True)
        x, y = place
        self._ink.paste(strip, (round(x - strip.width / 2), round(y) + 2 - strip.height))

    def image(self) -> Image:
        """Return the picture, with a palette."""
        from PIL import Image

        shade = np.asarray(self._ink) // (256 // _SHADES)
        indices: NDArray[np.uint8] = np.asarray(self._ground) * np.uint8(_SHADES) + shade
        picture = Image.frombytes("P", self._ground.size, indices.tobytes())
        picture.putpalette(_palette())
        return picture


@lru_cache(maxsize=1)
def _palette() -> bytes:
    """Return the colours of every ground in every shade of its ink."""
    places = np.linspace(0, len(_SCALE) - 1, _STEPS)
    scale = np.stack([np.interp(places, range(len(_SCALE)), channel) for channel in _SCALE.T], axis=1)
    is_dark = (scale / 255) ** 2.2 @ (0.2126, 0.7152, 0.0722) < _DARK
    grounds = np.concatenate([[ground for ground, _ in _GROUNDS], scale])
    inks = np.concatenate([[ink for _, ink in _GROUNDS], np.where(is_dark[:, None], _PAPER_COLOR, _INK)])
    shares = np.linspace(0, 1, _SHADES)[:, None]
    colors: NDArray[np.float64] = grounds[:, None] + (inks - grounds)[:, None] * shares
    return np.rint(colors).astype(np.uint8).tobytes()
