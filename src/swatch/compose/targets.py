"""Finding what a ``_target_`` names, and refusing what is not ours or trusted."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from swatch.errors import UserError, did_you_mean

OWN_PACKAGE = "swatch"


def find_target(name: Any, key: str, trusted: Sequence[str]) -> Callable[..., Any]:
    """Import and return the class or function that a ``_target_`` names.

    It must be *defined* in ``swatch`` or a trusted package; being reachable through one (as ``os`` is,
    wherever it is imported) is not enough.

    Args:
        name: dotted path such as ``swatch.optim.adam.Adam``.
        key: config key of the target, for messages.
        trusted: package names admitted by ``compose.trusted_packages``.

    Raises:
        UserError: the target is not admitted or does not exist.
    """
    if (
        not isinstance(name, str)
        or not all(part.isidentifier() for part in name.split("."))
        or "." not in name
    ):
        raise UserError(f"{key} must be a dotted path such as {OWN_PACKAGE}.optim.adam.Adam, not {name!r}")
    admitted = (OWN_PACKAGE, *trusted)
    if not _is_within(name, admitted):
        raise _refusal(name, key)
    if not _is_within(name, (OWN_PACKAGE,)) and str(Path.cwd()) not in sys.path:
        # The console script's module path lacks the working directory, where a project's package lies.
        sys.path.append(str(Path.cwd()))
    module_name, _, attribute = name.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not _is_within(module_name, (error.name,)):
            raise UserError(
                f"{key}: {module_name} needs the module '{error.name}', which is not installed"
            ) from None
        raise UserError(f"{key}: there is no module '{module_name}'") from None
    target = getattr(module, attribute, None)
    if target is None:
        names = [found for found in vars(module) if not found.startswith("_")]
        raise UserError(f"{key}: '{module_name}' has no '{attribute}'.{did_you_mean(attribute, names)}")
    if not callable(target) or not _is_within(str(getattr(target, "__module__", "")), admitted):
        raise _refusal(name, key)
    return target  # type: ignore[no-any-return]


def _is_within(name: str, packages: Sequence[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _refusal(name: str, key: str) -> UserError:
    package = name.split(".")[0]
    hint = (
        ""
        if package == OWN_PACKAGE
        else f"; admit your own package with compose.trusted_packages=[{package}]"
    )
    return UserError(f"{key}={name} is refused: only classes and functions of {OWN_PACKAGE} are built{hint}")
