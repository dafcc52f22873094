"""What became of a run on the way to wandb: the contents of ``tracking.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class TrackingState:
    """Where a run was to go and whether all of it is there.

    It says "not sent" from the moment the run begins, so that a process that dies leaves the truth.
    """

    mode: str
    """``"online"``, ``"offline"`` or ``"disabled"``."""
    sent: bool = False
    """Whether the server has the whole run, its end included."""
    problem: str | None = None
    """Why it has not, in one line; None also while it is under way, and for a run that was to stay here."""
    base_url: str | None = None
    """The server's address."""
    entity: str | None = None
    project: str | None = None
    url: str | None = None
    """The run's page."""
    sweep_id: str | None = None
    """The server's id of the sweep that the run is a member of."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrackingState:
        """Return what :meth:`as_dict` gave; keys of later versions are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{"mode": "disabled"} | {key: value for key, value in values.items() if key in known})
