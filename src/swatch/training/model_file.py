"""``model.npz``: a network's weights under readable names, without anything of its training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from swatch.errors import UserError
from swatch.files import write_npz

if TYPE_CHECKING:
    from swatch.nn import Network


def save_model(path: Path, network: Network) -> None:
    """Write every weight as ``<layer>/<role>`` and every buffer as ``buffers/<name>``.

    Raises:
        WriteError: The disk refuses; an earlier file is untouched.
    """
    arrays = {f"{segment.layer}/{segment.role}": segment.view for segment in network.parameters.segments}
    arrays |= {f"buffers/{name}": array for name, array in network.buffers.items()}
    write_npz(path, arrays)


def load_model(path: Path, network: Network) -> None:
    """Fill ``network``, built from the same config, with the weights of a file.

    Raises:
        UserError: There is no such file, it cannot be read, or it belongs to another network.
    """
    targets = {f"{segment.layer}/{segment.role}": segment.view for segment in network.parameters.segments}
    targets |= {f"buffers/{name}": array for name, array in network.buffers.items()}
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} is not a readable model ({error})") from None
    different = sorted(arrays.keys() ^ targets.keys()) or [
        name for name, target in targets.items() if arrays[name].shape != target.shape
    ]
    if different:
        raise UserError(f"{path} belongs to another network: '{different[0]}' differs")
    for name, target in targets.items():
        np.copyto(target, arrays[name])
