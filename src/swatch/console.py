"""The two shared consoles: results go to stdout, progress and notices to stderr."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_PIPED_WIDTH = 120


@functools.cache
def console(*, stderr: bool = False) -> Console:
    """Return the shared console of stdout, or of stderr.

    Its width is the terminal's. Where there is no terminal it is ``COLUMNS`` or 120, so that tables in a log
    file are not squeezed into a guess of 80.
    """
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None
    if not stream.isatty():
        columns = os.environ.get("COLUMNS", "")
        width = int(columns) if columns.isdigit() and int(columns) > 0 else _PIPED_WIDTH
    return Console(stderr=stderr, width=width, highlight=False)


def say(text: str) -> None:
    """Print one line of plain text to stderr: never wrapped, markup and numbers left as they are."""
    console(stderr=True).print(text, markup=False, soft_wrap=True)


def shown_path(path: Path) -> Path:
    """Return a path relative to the working directory if it lies below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
