"""How wide a table is before a terminal squeezes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_UNBOUNDED = 10_000


def natural_width(table: Table, out: Console) -> int:
    """Return how many characters the table takes where nothing is wrapped."""
    return out.measure(table, options=out.options.update(width=_UNBOUNDED)).maximum


def least_width(table: Table, out: Console) -> int:
    """Return how many characters the table needs so that no word is broken and no number cut off."""
    return out.measure(table, options=out.options.update(width=_UNBOUNDED)).minimum
