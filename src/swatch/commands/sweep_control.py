"""What `swatch sweep` does besides running a sweep: orders to one that runs, its status, a look ahead."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from swatch.sweep.opening.preparing import SweepRequest


def order(given: dict[str, str], storage: str | None) -> None:
    """Pause, stop or cancel a sweep that runs elsewhere; ``given`` holds the order and the sweep's id."""
    from swatch.console import say
    from swatch.errors import UserError
    from swatch.sweep.controller.orders import give_order

    (name, sweep_id), *others = given.items()
    if others:
        raise UserError(f"--{name} and --{others[0][0]} are two orders; give one of them.")
    say(give_order(name, sweep_id, storage))


def goes_on(sweep_id: str, storage: str | None, count: int | None) -> bool:
    """Let a sweep go on whose agents live; False if it needs to be started."""
    from swatch.console import say
    from swatch.sweep.controller.orders import go_on

    told = go_on(sweep_id, storage, count)
    if told is not None:
        say(told)
    return told is not None


def show_status(sweep_id: str, storage: str | None) -> None:
    """Show a sweep, or all of them if ``sweep_id`` is empty."""
    from swatch.console import console
    from swatch.sweep.terminal.status import all_sweeps, sweep_status

    out = console()
    for part in sweep_status(sweep_id, storage, width=out.width) if sweep_id else all_sweeps(storage):
        out.print(part, soft_wrap=isinstance(part, str), markup=False)


def show_preview(request: SweepRequest, agents: int | None) -> None:
    """Show what a sweep would do."""
    from swatch.console import console, say
    from swatch.sweep.preview.preview import preview
    from swatch.sweep.preview.tables import preview_parts

    out = console()
    found = preview(request)
    for notice in found.prepared.notices:
        say(notice)
    wanted = agents or found.prepared.options.get("agents")
    cpus = cpus_of(found.prepared.options)
    for part in preview_parts(found, agent_count(wanted, found.prepared.count, cpus), width=out.width):
        out.print(part, soft_wrap=isinstance(part, str), markup=False)


def cpus_of(options: Mapping[str, Any]) -> int:
    """Return how many cores each of a sweep's agents has, by the sweep's options."""
    return int((options.get("launcher") or {}).get("cpus", 1))


def agent_count(wanted: int | None, count: int | None, cpus: int = 1) -> int:
    """Return how many agents there will be: as many as wanted, else what the cores are enough for.

    No more than trials; ``cpus`` is an agent's number of cores.
    """
    if wanted is not None:
        return wanted
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    most = max(cores // cpus, 1)
    return min(most, count) if count else most
