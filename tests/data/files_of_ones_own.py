"""CSV files and folders of images as people have them."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def pictures(count: int = 30, shape: tuple[int, ...] = (4, 4), seed: int = 0) -> NDArray[np.uint8]:
    """Random images, the first of which has a white and a black pixel."""
    found = np.random.default_rng(seed).integers(1, 255, (count, *shape), dtype=np.uint8)
    found[0].flat[0], found[0].flat[1] = 255, 0
    return found


def labels_of(count: int, names: Sequence[Any] = ("cat", "dog", "eel")) -> list[Any]:
    return [names[place % len(names)] for place in range(count)]


def write_csv(path: Path, rows: Sequence[Sequence[Any]], *, separator: str = ",", end: str = "\n") -> Path:
    text = "".join(separator.join(map(str, row)) + end for row in rows)
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def rows_of(images: NDArray[np.uint8], labels: Sequence[Any]) -> list[list[Any]]:
    return [[label, *image.ravel().tolist()] for image, label in zip(images, labels, strict=True)]


def write_folder(folder: Path, images: NDArray[np.uint8], labels: Sequence[Any]) -> Path:
    for place, (image, label) in enumerate(zip(images, labels, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / str(label) / f"{place:04}.png")
    return folder
