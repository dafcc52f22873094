"""``--storage``, which means the same in every command that looks at a sweep."""

from __future__ import annotations

import click

storage_option = click.option(
    "--storage",
    envvar="SWATCH_STORAGE",
    metavar="URL",
    help="The sweep's database (or SWATCH_STORAGE); default: the SQLite file in its folder.",
)
