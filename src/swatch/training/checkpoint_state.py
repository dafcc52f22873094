"""The state of a training as arrays, and back: what an exact resume needs, and no pickle.

A checkpoint is an ``.npz`` with

* ``parameters``, and ``buffers/<name>`` of the network,
* ``optimizer/<name>``, the optimizer's moments and counters,
* ``average/<name>``, the moving average of the weights, if there is one,
* ``callbacks/<callback>/<name>``, arrays that callbacks keep (the best weights),
* ``state``, UTF-8 JSON in bytes: the position with its running sums, the history, the dropout generators,
  what the schedule has seen, the callbacks' values. JSON writes floats so that they read back exactly.

Shuffling and augmentation need no state: they are functions of seed, epoch and batch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.files import UnreadableError, read_npz
from swatch.training.position import Position

if TYPE_CHECKING:
    from swatch.training.trainer import Trainer

VERSION = 2
Arrays = dict[str, NDArray[Any]]


def capture(trainer: Trainer, fingerprint: str) -> Arrays:
    """Return the whole state of ``trainer``; ``fingerprint`` says which config it belongs to."""
    arrays: Arrays = {"parameters": trainer.network.parameters.values}
    arrays |= {f"buffers/{name}": array for name, array in trainer.network.buffers.items()}
    arrays |= {f"optimizer/{name}": np.asarray(array) for name, array in trainer.optimizer.state().items()}
    if trainer.average is not None:
        arrays |= {f"average/{name}": array for name, array in trainer.average.state().items()}
    values: dict[str, dict[str, Any]] = {}
    for callback in trainer.callbacks:
        if callback.name:
            values[callback.name] = {}
            for key, value in callback.state().items():
                if isinstance(value, np.ndarray):
                    arrays[f"callbacks/{callback.name}/{key}"] = value
                else:
                    values[callback.name][key] = value
    state = {
        "version": VERSION,
        "fingerprint": fingerprint,
        "position": trainer.position.state(),
        "history": trainer.history,
        "schedule": trainer.schedule.state(),
        "network_random_state": trainer.network.random_state(),
        "callbacks": values,
    }
    text = json.dumps(state, allow_nan=False)
    arrays["state"] = np.frombuffer(text.encode(), np.uint8)
    return arrays


def load(path: Path) -> Arrays:
    """Read a checkpoint.

    Raises:
        UserError: The file cannot be read, or it is not a checkpoint of this version.
    """
    try:
        arrays = read_npz(path)
        version = state_of(arrays)["version"]
    except (OSError, UnreadableError, ValueError, KeyError) as error:
        raise UserError(
            f"{path} is not a readable checkpoint ({error}); start anew with training.resume=never"
        ) from None
    if version != VERSION:
        raise UserError(
            f"{path} was written by another version of swatch; start anew with training.resume=never"
        )
    return arrays


def state_of(arrays: Arrays) -> dict[str, Any]:
    """Return the checkpoint's JSON part."""
    state: dict[str, Any] = json.loads(arrays["state"].tobytes())
    return state


def restore(trainer: Trainer, arrays: Arrays) -> None:
    """Put ``trainer`` into the captured state; it must have been built from the same config.

    Raises:
        UserError: The state does not fit, because another version of the program wrote it.
    """
    try:
        _restore(trainer, arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"the checkpoint does not fit this version of swatch ({error}); "
            "start anew with training.resume=never"
        ) from error


def _restore(trainer: Trainer, arrays: Arrays) -> None:
    state = state_of(arrays)
    _copy(arrays["parameters"], trainer.network.parameters.values)
    for name, array in trainer.network.buffers.items():
        _copy(arrays[f"buffers/{name}"], array)
    trainer.optimizer.load_state(_below(arrays, "optimizer/"))
    if trainer.average is not None:
        trainer.average.load_state(_below(arrays, "average/"))
    trainer.schedule.load_state(state["schedule"])
    trainer.network.set_random_state(state["network_random_state"])
    trainer.position = Position(**state["position"])
    trainer.history = list(state["history"])
    for callback in trainer.callbacks:
        if callback.name in state["callbacks"]:
            own = _below(arrays, f"callbacks/{callback.name}/")
            callback.load_state(state["callbacks"][callback.name] | own)


def _below(arrays: Arrays, prefix: str) -> Arrays:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _copy(source: NDArray[Any], target: NDArray[Any]) -> None:
    if source.shape != target.shape or source.dtype != target.dtype:
        raise ValueError(
            f"the checkpoint has {source.dtype}{source.shape}, the network {target.dtype}{target.shape}"
        )
    np.copyto(target, source)
