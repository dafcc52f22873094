"""``model.npz``: a whole model in one file, without pickle and without anything of its training.

The file is an ``.npz`` with

* every parameter as ``<layer>/<role>``, and every buffer as ``buffers/<layer>/<role>``; these alone are what
  ``swatch.nn.load_parameters`` reads,
* ``architecture``, UTF-8 JSON in bytes: the config of the model, and what stands before and after it (the
  normalization of the images, the names of the classes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.compose import build_plain
from swatch.data.normalization import Normalization
from swatch.errors import UserError
from swatch.files import json_text, write_npz
from swatch.nn import Module, Network
from swatch.nn.description import describe
from swatch.nn.saving import ARCHITECTURE, fill, named_arrays, read_arrays
from swatch.training.model import BATCH_SIZE, Model

FORMAT, VERSION = "swatch model", 1
LIBRARY = "swatch.nn"
"""Whose classes and functions a file may name without being trusted."""


def save_model(
    path: Path | str, model: Model | Network, architecture: Mapping[str, Any] | None = None
) -> None:
    """Write a model: its architecture as config, its parameters and buffers as arrays.

    Args:
        path: where to, such as ``model.npz``.
        model: a network, or one with what belongs to it.
        architecture: the config node that the network was built from, with all its arguments; None describes
            the network's modules instead.

    Raises:
        UserError: the disk refuses (an earlier file is untouched), or a module cannot be described.
    """
    if isinstance(model, Network):
        model = Model(model)
    network, normalization = model.network, model.normalization
    description = {
        "format": FORMAT,
        "version": VERSION,
        "model": describe(network.model) if architecture is None else dict(architecture),
        "input_shape": network.input_shape,
        "classes": model.classes,
        "normalization": None if normalization is None else vars(normalization),
        "output": model.output,
        "flip_average": model.flip_average,
    }
    text = np.frombuffer(json_text(description).encode(), np.uint8)
    write_npz(Path(path), {ARCHITECTURE: text, **named_arrays(network)})


def load_model(path: Path | str, trusted_packages: Sequence[str] = ()) -> Model:
    """Read a model; it predicts bitwise what the saved one did for the same batch.

    Args:
        path: a file that ``save_model``, ``swatch train`` or a sweep has written.
        trusted_packages: Python packages whose classes the file may name besides those of ``swatch.nn``.
            Nothing else is imported: a file from elsewhere runs no code.

    Raises:
        UserError: there is no such file, it is damaged, it holds no whole model, its arrays do not fit its
            architecture, or it names something that is not admitted.
    """
    arrays = read_arrays(Path(path))
    description = _read_description(path, arrays.pop(ARCHITECTURE, None))
    try:
        node = description["model"]
        _check_targets(node, (LIBRARY, *trusted_packages))
        module = build_plain(node, "model", trusted_packages)
        if not isinstance(module, Module):
            raise UserError(f"model: {node['_target_']} makes a {type(module).__name__}, no module")
        network = Network(
            module,
            tuple(description["input_shape"]),
            batch_size=BATCH_SIZE,
            seed=0,
            dtype=_dtype_of(arrays),
        )
        constants = description["normalization"]
        model = Model(
            network,
            classes=tuple(description["classes"]),
            normalization=None if constants is None else Normalization(**constants),
            output=description["output"],
            flip_average=bool(description["flip_average"]),
        )
    except UserError as error:
        raise UserError(f"{path} cannot be loaded: {error}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is no model that this version of swatch reads ({error!r})") from None
    fill(network, arrays, str(path))
    return model


def _read_description(path: Path | str, text: NDArray[Any] | None) -> dict[str, Any]:
    if text is None:
        raise UserError(
            f"{path} holds no whole model: it does not say of which architecture it is; if it holds "
            "parameters alone, build their network and fill it with swatch.nn.load_parameters"
        )
    try:
        description = json.loads(text.tobytes())
    except ValueError:
        description = None
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise UserError(f"{path} was not written by swatch: its '{ARCHITECTURE}' is of another kind")
    if description.get("version") != VERSION:
        raise UserError(
            f"{path} has version {description.get('version')} of the file format, and this version of swatch "
            f"reads version {VERSION}"
        )
    return description


def _check_targets(node: Any, admitted: Sequence[str]) -> None:
    """Check every ``_target_`` of a file before anything is imported."""
    if isinstance(node, Mapping):
        target = node.get("_target_")
        if target is not None and not any(str(target).startswith(f"{package}.") for package in admitted):
            raise UserError(
                f"it names {target}, and only classes and functions of {LIBRARY} are built; if you trust the "
                "file, admit their package with trusted_packages"
            )
        for value in node.values():
            _check_targets(value, admitted)
    elif isinstance(node, list):
        for value in node:
            _check_targets(value, admitted)


def _dtype_of(arrays: Mapping[str, NDArray[Any]]) -> np.dtype[Any]:
    """Return the type that the network is built for; arrays of another one are refused afterwards."""
    return next((array.dtype for array in arrays.values() if array.dtype.kind == "f"), np.dtype(np.float32))
