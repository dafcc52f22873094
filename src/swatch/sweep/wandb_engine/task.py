"""What the controller tells a worker at its start: all that its runs have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from swatch.tracking.remote_sweep import RemoteSweep


@dataclass(frozen=True)
class Task:
    """A sweep as a worker needs to know it."""

    remote_sweep: RemoteSweep
    home: str
    """The folder of all runs."""
    before: tuple[str, ...]
    """Overrides of every run, which its point may change."""
    after: tuple[str, ...]
    """Those that say how it is watched."""
    pinned: tuple[str, ...]
    """Dotted keys of the point that do not count, as the command line decides about them."""
    swept: tuple[str, ...]
    """Dotted keys that differ between runs; they name the runs."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for a pipe."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Task:
        """Return what :meth:`as_dict` gave."""
        lists = {key: tuple(values[key]) for key in ("before", "after", "pinned", "swept")}
        return cls(remote_sweep=RemoteSweep(**values["remote_sweep"]), home=values["home"], **lists)
