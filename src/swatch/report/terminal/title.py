"""The title above a terminal table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text


def table_title(title: str) -> Text:
    """Return the title in one line, also above a table that is narrower, at whose edge it would be broken."""
    from rich.text import Text

    return Text(title, no_wrap=True, overflow="ignore")
