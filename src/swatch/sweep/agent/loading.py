"""Finding the function that somebody wants to sweep, by its name and in another process."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from swatch.errors import UserError, did_you_mean

TrainFunction = Callable[..., Any]
_being_run: set[str] = set()
"""The names of files' modules that are imported at this moment."""


def load_function(spec: str) -> TrainFunction:
    """Return the function that ``package.module:name`` or ``path/to/file.py:name`` names.

    Raises UserError if there is no such module, file or function.
    """
    place, _, name = spec.rpartition(":")
    if not place or not name:
        raise UserError(f"--function '{spec}': write package.module:function or path/to/file.py:function.")
    module = _load_file(Path(place), spec) if place.endswith(".py") else _load_module(place, spec)
    function: Any = module
    for part in name.split("."):
        if not hasattr(function, part):
            raise UserError(
                f"--function '{spec}': {place} has no '{part}'.{did_you_mean(part, dir(function))}"
            )
        function = getattr(function, part)
    if not callable(function):
        raise UserError(f"--function '{spec}' is a {type(function).__name__}, not a function.")
    result: TrainFunction = function
    return result


def _load_module(name: str, spec: str) -> Any:
    # The console script's sys.path starts at its own folder; a user's modules lie where they stand.
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise UserError(f"--function '{spec}': there is no module '{error.name}' here.") from error
        raise UserError(f"--function '{spec}': importing {name} failed: {error}") from error
    except Exception as error:
        raise UserError(
            f"--function '{spec}': importing {name} failed: {type(error).__name__}: {error}"
        ) from error


def _load_file(path: Path, spec: str) -> Any:
    if not path.is_file():
        raise UserError(f"--function '{spec}': there is no file {path}.")
    folder = str(path.absolute().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    # Not its own name, which a module of the same name may bear, and never __main__, which would run it.
    name = f"swatch_function_{path.stem}"
    found = importlib.util.spec_from_file_location(name, path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    _being_run.add(name)
    try:
        found.loader.exec_module(module)
    except UserError as error:
        raise UserError(f"--function '{spec}': running {path} failed: {error}") from error
    except Exception as error:
        raise UserError(
            f"--function '{spec}': running {path} failed: {type(error).__name__}: {error}"
        ) from error
    finally:
        _being_run.discard(name)
    return module


def is_being_loaded(function: TrainFunction) -> bool:
    """Whether :func:`load_function` is running the function's file at this moment."""
    return getattr(function, "__module__", None) in _being_run


def spec_of(function: TrainFunction) -> str | None:
    """Return a spec by which another process finds the function, or None for a lambda or a closure."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not module or not name or "<" in name:
        return None
    if module == "__main__":
        main = getattr(sys.modules["__main__"], "__file__", None)
        return f"{Path(main).absolute()}:{name}" if main and main.endswith(".py") else None
    return f"{module}:{name}"


def takes_trial(function: TrainFunction) -> bool:
    """Whether the function takes (parameters, trial), not (parameters) alone; UserError if neither."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return False
    for arguments in (2, 1):
        try:
            signature.bind(*range(arguments))
        except TypeError:
            continue
        return arguments == 2
    name = getattr(function, "__name__", str(function))
    raise UserError(
        f"the train function must take (parameters) or (parameters, trial), not {name}{signature}"
    )
