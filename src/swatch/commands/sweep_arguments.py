"""What stands behind ``swatch sweep``: the YAML, its overrides, and what may stand beside what."""

from __future__ import annotations

from pathlib import Path

import click

from swatch.errors import UserError

_ORDERS = ("pause", "stop", "cancel")
_OF_A_NEW_SWEEP = (
    *("name", "seed", "function", "repeats", "dry_run"),
    *("sampler", "pruner", "prior", "stop_gain"),
)


def read_yaml(arguments: tuple[str, ...]) -> tuple[str, str]:
    """Return the text of the sweep YAML that the first argument names, and what to call it."""
    from swatch.sweep.opening.yaml_text import read_sweep_text

    if not arguments:
        raise UserError("which sweep? `swatch sweep sweeps/quick.yaml`, for one; `--help` has the rest.")
    if "=" in arguments[0]:
        raise UserError(f"'{arguments[0]}' stands where the sweep YAML belongs; write it behind the YAML.")
    return read_sweep_text(arguments[0])


def refuse_arguments(arguments: tuple[str, ...], option: str) -> None:
    """Raise UserError for a YAML or overrides beside an option that takes neither."""
    if arguments:
        raise UserError(f"{option} takes a sweep's id and no YAML or overrides, not '{arguments[0]}'.")


def refuse_others(context: click.Context, option: str) -> None:
    """Raise UserError for what ``--status`` or an order would not use: all but ``--storage``.

    Two orders have a message of their own.
    """
    used = {option, "storage", "arguments", *(() if option == "status" else _ORDERS)}
    for other in _given(context):
        if other not in used:
            raise UserError(f"--{other.replace('_', '-')} does not go with --{option}.")


def refuse_with_resume(context: click.Context) -> None:
    """Raise UserError for an option that only a new sweep can have."""
    for option in _given(context):
        if option in _OF_A_NEW_SWEEP:
            why = "the sweep keeps what it was made from"
            if option == "dry_run":
                why = "it looks at a YAML: swatch sweep SWEEP.yaml --name ID --dry-run"
            raise UserError(f"--{option.replace('_', '-')} does not go with --resume: {why}.")


def _given(context: click.Context) -> list[str]:
    """Return the names of what the command line itself gives."""
    source = click.core.ParameterSource.COMMANDLINE
    return [name for name in context.params if context.get_parameter_source(name) is source]


def launcher_overrides(name: str | None) -> tuple[str, ...]:
    """Return the override that ``--launcher`` is short for."""
    return () if name is None else (f"launcher={name}",)


def absolute(function: str | None) -> str | None:
    """Make a file's path absolute, so that the sweep can be resumed from another folder."""
    if function is None:
        return None
    place, colon, name = function.rpartition(":")
    return f"{Path(place).absolute()}{colon}{name}" if place.endswith(".py") else function
