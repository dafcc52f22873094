"""What trials depend on besides the YAML: code, config files and data, to notice when they change."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import swatch
from swatch.sweep.distributions import Categorical
from swatch.sweep.opening.preparing import Prepared

FINGERPRINT = "made_with"
"""The sweep's option that keeps it."""

_TRAINING_PACKAGES = ("nn", "optim", "data", "training", "metrics")
# Where a run is kept and shown says nothing of what is trained.
_NOT_TRAINED = ("paths", "run", "tracking", "launcher")
_WORDS = {
    "code": "the code that trains has changed",
    "config": "the config files have changed",
    "data": "the data has changed",
}


def fingerprint(prepared: Prepared) -> dict[str, str]:
    """Return a hash of each: the training code, the config without the swept keys, the data set."""
    if prepared.request.function is not None:
        code = _function_code(prepared)
        return {} if code is None else {"code": code}
    return {"code": _training_code(), "config": _config(prepared), "data": _data(prepared)}


def changes_since(stored: Mapping[str, str], now: Mapping[str, str], sweep_id: str) -> list[str]:
    """Return a line for everything that has changed since the sweep was last started."""
    return [
        f"{words} since sweep {sweep_id} was last started: trials before and after may not compare"
        for part, words in _WORDS.items()
        if part in stored and part in now and stored[part] != now[part]
    ]


def _function_code(prepared: Prepared) -> str | None:
    from swatch.sweep.agent.loading import load_function

    request = prepared.request
    assert request.function is not None
    function = request.train or load_function(request.function)
    try:
        # The whole file: the function may call others there.
        path = inspect.getsourcefile(inspect.unwrap(function))
        return _digest([Path(path).read_bytes()]) if path is not None else None
    except (OSError, TypeError):
        return None


def _training_code() -> str:
    root = Path(swatch.__file__).resolve().parent
    files = sorted(path for package in _TRAINING_PACKAGES for path in (root / package).rglob("*.py"))
    return _digest(path.read_bytes() for path in files)


def _config(prepared: Prepared) -> str:
    from swatch.compose import compose, groups
    from swatch.sweep.space.quoting import override

    known, overrides = groups(), prepared.request.overrides
    chosen = [
        override(key, value)
        for key, distribution in prepared.space.swept.items()
        if key in known and isinstance(distribution, Categorical)
        for value in distribution.values
    ]
    configs = [compose(overrides).plain, *(compose([*overrides, choice]).plain for choice in chosen)]
    kept = [{key: value for key, value in config.items() if key not in _NOT_TRAINED} for config in configs]
    # Where the data lies is no part of it; what it holds is looked at by itself.
    for config in kept:
        config["data"] = {k: v for k, v in config["data"].items() if k not in ("folder", "cache", "mirrors")}
    return _digest([_text(kept)])


def _data(prepared: Prepared) -> str:
    from swatch.compose import compose
    from swatch.sweep.space.quoting import override
    from swatch.training.data_cache import prepare_data
    from swatch.training.dataset_reference import dataset_reference

    # The YAML may name other data than the config; where it names several, the hash is that of one of them.
    space = prepared.space
    settings = space.settings(space.from_units([0.5] * len(space.swept)))
    named = [
        override(key, value)
        for key, value in settings.items()
        if key == "experiment" or key.partition(".")[0] == "data"
    ]
    reference = dataset_reference(prepare_data(compose([*prepared.request.overrides, *named])))
    checksums = {name: file["sha256"] for name, file in reference.files.items()}
    return _digest([_text({"files": checksums, "metadata": reference.metadata})])


def _text(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, default=str).encode()


def _digest(parts: Iterable[bytes]) -> str:
    whole = hashlib.blake2b(digest_size=12)
    for part in parts:
        whole.update(part)
    return whole.hexdigest()
