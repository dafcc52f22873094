"""``samples.npz``: images of every class with the network's predictions, without pickle."""

from __future__ import annotations

import zipfile
from pathlib import Path

from swatch.files import write_npz
from swatch.tracking.tracker import SampleImages


def write_samples(path: Path, name: str, samples: SampleImages) -> None:
    """Write the images and what is known of them; ``name`` is what they are logged as.

    Raises:
        WriteError: The disk is full or the folder refuses.
    """
    import numpy as np

    write_npz(
        path,
        {
            "name": np.array(name),
            "labels": np.array(list(samples.labels), dtype=np.str_),
            "images": np.asarray(samples.images, np.uint8),
            "actual": np.asarray(samples.actual, np.int32),
            "predicted": np.asarray(samples.predicted, np.int32),
            "probability": np.asarray(samples.probability, np.float32),
        },
    )


def read_samples(path: Path) -> tuple[str, SampleImages] | None:
    """Return what :func:`write_samples` wrote, or None if there is no such file or it is damaged."""
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as arrays:
            samples = SampleImages(
                labels=[str(label) for label in arrays["labels"]],
                images=arrays["images"],
                actual=arrays["actual"].astype(np.intp),
                predicted=arrays["predicted"].astype(np.intp),
                probability=arrays["probability"],
            )
            return str(arrays["name"]), samples
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None
