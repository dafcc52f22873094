"""A network's parameters and buffers as a file: arrays under readable names, and no pickle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.files import UnreadableError, read_npz, write_npz
from swatch.nn.network import Network

BUFFERS = "buffers/"
ARCHITECTURE = "architecture"
"""The array of a whole model's file (``swatch.training.model_file``) that says how to build the network."""


def named_arrays(network: Network) -> dict[str, NDArray[Any]]:
    """Return every parameter as ``<layer>/<role>`` and every buffer as ``buffers/<layer>/<role>``.

    The arrays are the live ones: what is written to them is written to the network.
    """
    arrays: dict[str, NDArray[Any]] = {segment.name: segment.view for segment in network.parameters}
    return arrays | {f"{BUFFERS}{name}": array for name, array in network.buffers.items()}


def save_parameters(path: Path | str, network: Network) -> None:
    """Write all parameters and buffers, and nothing else, to an ``.npz`` file.

    Raises:
        UserError: the disk refuses; an earlier file is untouched.
    """
    write_npz(Path(path), named_arrays(network))


def load_parameters(path: Path | str, network: Network) -> None:
    """Fill a network of the same architecture with the parameters and buffers of a file.

    The file of a whole model will do; what it says of the architecture is left aside.

    Raises:
        UserError: there is no such file, it cannot be read, or it belongs to another network; the network
            is as it was then.
    """
    arrays = read_arrays(Path(path))
    arrays.pop(ARCHITECTURE, None)
    fill(network, arrays, str(path))


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file.

    Raises:
        UserError: there is no such file, or it cannot be read.
    """
    try:
        return read_npz(path)
    except FileNotFoundError:
        raise UserError(f"there is no file {path}") from None
    except UnreadableError as error:
        raise UserError(f"{path} is not a readable model: {error}") from None


def fill(network: Network, arrays: Mapping[str, NDArray[Any]], origin: str) -> None:
    """Copy named arrays into a network, all or none.

    Args:
        network: what they belong to.
        arrays: named as by ``named_arrays``.
        origin: where they come from, for messages.

    Raises:
        UserError: one is missing, unknown, or has another shape or type than the network's, or holds NaN
            or infinity.
    """
    targets = named_arrays(network)
    for name, target in targets.items():
        if name not in arrays:
            raise UserError(f"{origin} belongs to another network: it has no '{name}'")
        array = arrays[name]
        if array.shape != target.shape:
            raise UserError(
                f"{origin} belongs to another network: its '{name}' has the shape {array.shape}, and the "
                f"network's {target.shape}"
            )
        if array.dtype != target.dtype:
            raise UserError(
                f"{origin} belongs to another network: its '{name}' is {array.dtype}, and the network's "
                f"{target.dtype}"
            )
        if not np.isfinite(array).all():
            raise UserError(f"{origin} holds NaN or infinity in '{name}': the training behind it diverged")
    if unknown := sorted(arrays.keys() - targets.keys()):
        raise UserError(f"{origin} belongs to another network, which has '{unknown[0]}'; this one has not")
    for name, target in targets.items():
        np.copyto(target, arrays[name])
