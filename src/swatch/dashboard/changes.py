"""Rows that a page polls: each knows when it last changed, so that a poll carries only what is new."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]


class ChangingRows:
    """The rows of a list by their ids, with a revision that grows with every change."""

    def __init__(self) -> None:
        # Above whatever an earlier server gave out: its pages still hold those revisions.
        self._first = self.revision = time.time_ns() // 1_000_000
        self._rows: dict[str, Row] = {}
        self._changed: dict[str, int] = {}

    def update(self, rows: Mapping[str, Row]) -> None:
        """Take over the present rows; those that are missing are gone."""
        for key in self._rows.keys() - rows.keys():
            del self._rows[key]
            self._touch(key)
        for key, row in rows.items():
            if self._rows.get(key) != row:
                self._rows[key] = row
                self._touch(key)

    def since(self, revision: int) -> dict[str, Any]:
        """Return the ``revision``, the ``rows`` changed after the given one, and the ids that are ``gone``.

        A revision that this server has not given out is answered with everything.
        """
        if not self._first <= revision <= self.revision:
            return {"revision": self.revision, "rows": list(self._rows.values()), "gone": [], "all": True}
        changed = [key for key, at in self._changed.items() if at > revision]
        return {
            "revision": self.revision,
            "rows": [self._rows[key] for key in changed if key in self._rows],
            "gone": [key for key in changed if key not in self._rows],
            "all": False,
        }

    def _touch(self, key: str) -> None:
        self.revision += 1
        self._changed[key] = self.revision
