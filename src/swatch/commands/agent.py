"""``swatch agent``: one more worker for a sweep that is running."""

from __future__ import annotations

import click

from swatch.commands.storage_option import storage_option


@click.command("agent")
@click.argument("sweep")
@storage_option
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="Leave after N trials.")
def command(sweep: str, storage: str | None, count: int | None) -> int:
    """Train trials of SWEEP, a running sweep, until none is left. Ctrl-C saves and gives the trial back."""
    from swatch.sweep.agent.process import serve

    return serve(sweep, storage, count)
