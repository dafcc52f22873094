"""``swatch sweep``: search over configs, or over a function's parameters, with a W&B sweep YAML."""

from __future__ import annotations

import os
from typing import Any

import click

HELP = """Run the sweep that SWEEP.yaml describes, in W&B's format; or go on with one.

The keys under `parameters:` are those of `swatch train`. Whatever stands behind the YAML overrides the config
of every trial: `swatch sweep sweeps/quick.yaml epochs=3 data.limit=5000`.

The same command again goes on with a sweep that was interrupted; once it is finished, it starts a new one."""


@click.command("sweep", help=HELP)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[SWEEP.yaml] [KEY=VALUE]...")
@click.option(
    "--count", type=click.IntRange(min=1), metavar="N", help="How many trials in all; default: run_cap."
)
@click.option(
    "--agents",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many train at a time; default: launcher.agents, else one per core.",
)
@click.option(
    "--name", metavar="ID", help="The sweep's id; made from the YAML, overrides and seed unless given."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Of the search; default: 0.")
@click.option("--storage", metavar="URL", help="A database; default: a SQLite file in the sweep's folder.")
@click.option(
    "--tracking", metavar="MODE", help="auto, online, offline or disabled; short for tracking.mode=MODE."
)
@click.option(
    "--function",
    metavar="MODULE:NAME",
    help="Sweep over this function instead of the network; also FILE.py:NAME.",
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    metavar="N",
    help="How often a trial is tried again whose process died without progress; default: 3.",
)
@click.option(
    "--max-consecutive-failures",
    type=click.IntRange(min=0),
    metavar="N",
    help="After so many failures in a row an agent stops; 0: never; default: 5.",
)
@click.option("--resume", metavar="ID", help="Go on with a sweep, without its YAML.")
@click.option("--status", is_flag=False, flag_value="", metavar="[ID]", help="Show a sweep, or all of them.")
def command(
    arguments: tuple[str, ...],
    count: int | None,
    agents: int | None,
    name: str | None,
    seed: int,
    storage: str | None,
    tracking: str | None,
    function: str | None,
    retries: int | None,
    max_consecutive_failures: int | None,
    resume: str | None,
    status: str | None,
) -> None:
    """See HELP."""
    from swatch.errors import UserError

    if status is not None:
        _refuse(arguments, "--status")
        _show_status(status, storage)
        return
    common: dict[str, Any] = {
        "storage": storage,
        "count": count,
        "tracking": tracking,
        "retries": retries,
        "max_consecutive_failures": max_consecutive_failures,
    }
    from swatch.sweep.opening import SweepRequest, open_sweep, reopen_sweep
    from swatch.sweep.running import run_in_agents

    if resume is not None:
        _refuse(arguments, "--resume")
        opened = reopen_sweep(resume, **common)
    else:
        if not arguments:
            raise UserError("which sweep? `swatch sweep sweeps/quick.yaml`, for one; `--help` has the rest.")
        from swatch.sweep.yaml_text import read_sweep_text

        if "=" in arguments[0]:
            raise UserError(
                f"'{arguments[0]}' stands where the sweep YAML belongs; write it behind the YAML."
            )
        text, source = read_sweep_text(arguments[0])
        opened = open_sweep(
            SweepRequest(
                text=text,
                source=source,
                overrides=arguments[1:],
                function=_absolute(function),
                seed=seed,
                name=name,
                **common,
            )
        )
    wanted = agents or opened.sweep.options.get("agents")
    run_in_agents(opened, _agents(wanted, opened.sweep.count))


def _refuse(arguments: tuple[str, ...], option: str) -> None:
    from swatch.errors import UserError

    if arguments:
        raise UserError(f"{option} takes a sweep's id and no YAML or overrides, not '{arguments[0]}'.")


def _absolute(function: str | None) -> str | None:
    """Make a file's path absolute, so that the sweep can be resumed from another folder."""
    from pathlib import Path

    if function is None:
        return None
    place, colon, name = function.rpartition(":")
    return f"{Path(place).absolute()}{colon}{name}" if place.endswith(".py") else function


def _agents(wanted: int | None, count: int | None) -> int:
    if wanted is not None:
        return wanted
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, count) if count else cores


def _show_status(sweep_id: str, storage: str | None) -> None:
    from swatch.console import console
    from swatch.sweep.status import all_sweeps, sweep_status

    out = console()
    for part in sweep_status(sweep_id, storage, width=out.width) if sweep_id else all_sweeps(storage):
        out.print(part, soft_wrap=isinstance(part, str), markup=False)
