"""What the ledger's parts share: the database and Optuna's mirror."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from swatch.sweep.ledger.database import Database
from swatch.sweep.ledger.mirror import Axis, OptunaMirror


class Store:
    """One open ledger. Optuna is imported when the mirror is first written, never for reading."""

    def __init__(
        self,
        url: str,
        *,
        create: bool = False,
        read_only: bool = False,
        axes: Mapping[str, Axis] | None = None,
    ) -> None:
        self._database = Database(url, create=create, read_only=read_only)
        self._axes = axes or {}

    @property
    def url(self) -> str:
        """The storage URL, for an agent's command line."""
        return self._database.text

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file, which only processes of one machine may share."""
        return self._database.is_sqlite

    @cached_property
    def _mirror(self) -> OptunaMirror:
        return OptunaMirror(self.url, self._axes)

    def close(self) -> None:
        """Close the connections."""
        self._database.engine.dispose()
