"""Reading a folder with a folder of images for each class."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from swatch.data.labelling import MOST_CLASSES, canonical, listed
from swatch.data.problems import Policy, Problems
from swatch.data.progress import Progress
from swatch.data.store import Reading
from swatch.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from PIL.Image import Image

Colours = Literal["grey", "rgb"]
Fit = Literal["pad", "crop", "stretch"]

# What operating systems leave in folders; files whose names begin with a dot are passed over too.
_LITTER = {"thumbs.db", "desktop.ini", "__macosx"}


@dataclass(frozen=True)
class Look:
    """How images are brought to one form; see ``swatch.data.image_folder.ImageFolder`` for its parts."""

    size: tuple[int, int] | None
    colours: Colours
    fit: Fit
    background: int
    invert: bool
    bad_images: Policy


class Unusable(Exception):  # noqa: N818 - a state of a file
    """Why an image cannot be used: the kind of trouble, and what it is."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(what)
        self.kind = kind


def class_folders(folder: Path) -> dict[str, Path]:
    """Return the folders of the classes by name, sorted as class numbers follow."""
    found = {each.name: each for each in folder.iterdir() if each.is_dir() and not _is_litter(each.name)}
    whole = all(canonical(name).isdecimal() for name in found)
    return {
        name: found[name]
        for name in sorted(found, key=lambda name: (int(canonical(name)) if whole else 0, name))
    }


def images_of(folder: Path) -> list[Path]:
    """Return all files below a class's folder in a fixed order.

    Raises:
        UserError: a folder cannot be read.
    """
    found = []
    for root, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not _is_litter(name))
        found += [Path(root, name) for name in sorted(files) if not _is_litter(name)]
    return found


def status_of(path: Path) -> os.stat_result:
    """Return the status of a file; that of the link itself if it leads nowhere."""
    return path.stat() if path.exists() else path.lstat()


def loose_files(folder: Path) -> list[Path]:
    """Return the images that lie in no class's folder."""
    return sorted(each for each in folder.iterdir() if each.is_file() and _looks_like_image(each))


def read(folder: Path, look: Look, names: Sequence[str] | None, progress: Progress) -> Reading:
    """Read all images of a folder, class by class.

    Args:
        folder: holds a folder for each class.
        look: what the images are brought to.
        names: the classes, in the order of their numbers; None: the folders.
        progress: sees how many bytes have been read.

    Raises:
        UserError: a file cannot be used and is not to be dropped, or the images differ in size and no size
            is given.
    """
    folders = class_folders(folder)
    known = tuple(names or folders)
    if not 2 <= len(known) <= MOST_CLASSES:
        raise UserError(
            f"{folder} must hold a folder of images for each of 2 to {MOST_CLASSES} classes: {_seen(folder)}"
        )
    numbers = {canonical(name): number for number, name in enumerate(known)}
    problems = Problems(str(folder), "files")
    entries = [(canonical(name), path) for name, each in folders.items() for path in images_of(each)]
    strays = loose_files(folder)
    for order, path in enumerate(strays):
        problems.add("in no class's folder", order, f"{path.name} lies in no class's folder")
    images: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    progress.begin(str(folder), sum(status_of(path).st_size for _, path in entries))
    done = 0
    try:
        for order, (label, path) in enumerate(entries, len(strays)):
            place = str(path.relative_to(folder))
            if label not in numbers:
                hint = did_you_mean(label, known)
                kind = f"of none of the classes {listed(known)}"
                problems.add(kind, order, f"{place} is of no known class.{hint}".rstrip("."))
                continue
            try:
                images.append(load(path, look))
                labels.append(numbers[label])
            except Unusable as error:
                problems.add(error.kind, order, f"{place} {error}")
            done += status_of(path).st_size
            progress.update(done)
    finally:
        progress.end()
    cleaning = problems.settle(len(entries) + len(strays), look.bad_images, "data.bad_images")
    _check_sizes(images, folder)
    empty = [name for number, name in enumerate(known) if number not in set(labels)]
    if names is None and empty:
        raise UserError(
            f"{folder} holds no images for: {', '.join(empty)}. Put some there, or take the folders away"
        )
    return Reading(np.stack(images), np.array(labels, np.uint8), known, cleaning)


def load(path: Path, look: Look) -> NDArray[np.uint8]:
    """Return one image, shape (height, width, channels).

    Raises:
        Unusable: it cannot be read.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # A picture that unpacks to very much is refused, as a larger one is by Pillow itself.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                opened.load()
                pixels = np.asarray(_shape(_plain(opened, look), look), np.uint8)
    except UnidentifiedImageError:
        raise Unusable("no images", "is no image that Pillow can read") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Unusable("too large", "unpacks to more than 89 million pixels") from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        # Pillow's decoders raise all of these for damaged files; the system's own refusals have a number.
        reason = error.strerror if isinstance(error, OSError) else None
        raise Unusable("unreadable" if reason else "damaged", f"cannot be read: {reason or error}") from None
    return pixels.reshape(*pixels.shape[:2], -1)


def _plain(image: Image, look: Look) -> Image:
    """Return an image turned as its camera meant it, without transparency, in the colours asked for."""
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        # 16 bits per pixel, which Pillow would clip instead of scaling.
        image = Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8))
    elif image.mode == "F":
        levels = np.nan_to_num(np.asarray(image))
        # Floating-point numbers go to 1 by custom, and some programs write bytes as such.
        image = Image.fromarray((levels * (255 if levels.max() <= 1 else 1)).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        level = 255 - look.background if look.invert else look.background
        ground = Image.new("RGBA", image.size, (level, level, level, 255))
        image = Image.alpha_composite(ground, image)
    image = image.convert("L" if look.colours == "grey" else "RGB")
    return ImageOps.invert(image) if look.invert else image


def _shape(image: Image, look: Look) -> Image:
    """Return an image of the size asked for."""
    from PIL import Image, ImageOps

    if look.size is None or image.size == look.size[::-1]:
        return image
    size = look.size[::-1]
    if look.fit == "stretch":
        return image.resize(size, Image.Resampling.LANCZOS)
    if look.fit == "crop":
        return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    ground: Any = look.background if look.colours == "grey" else (look.background,) * 3
    return ImageOps.pad(image, size, Image.Resampling.LANCZOS, color=ground)


def _check_sizes(images: Sequence[NDArray[np.uint8]], folder: Path) -> None:
    sizes = sorted({image.shape[:2] for image in images})
    if len(sizes) > 1:
        (low, wide), (high, broad) = sizes[0], sizes[-1]
        raise UserError(
            f"{folder} holds images of {len(sizes):,} sizes, from {low}x{wide} to {high}x{broad}: "
            "name the size that all are brought to with data.size=[HEIGHT,WIDTH]"
        )


def _seen(folder: Path) -> str:
    folders = class_folders(folder)
    loose = len(loose_files(folder))
    count = f"{loose} image" if loose == 1 else f"{loose} images"
    return f"found {len(folders)} ({', '.join(folders) or 'none'}), and {count} beside them"


def _refuse(error: OSError) -> NoReturn:
    raise UserError(f"{error.filename} cannot be read: {error.strerror}") from error


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LITTER


def _looks_like_image(path: Path) -> bool:
    from PIL import Image

    return not _is_litter(path.name) and path.suffix.lower() in Image.registered_extensions()
