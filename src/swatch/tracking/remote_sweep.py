"""Where a sweep stands on a W&B server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class RemoteSweep:
    """A sweep that a W&B server knows; runs that carry it are its members there."""

    base_url: str
    """The server's address, as ``WANDB_BASE_URL`` has it."""
    entity: str
    project: str
    sweep_id: str
    """The server's own id of eight characters or so."""

    @property
    def path(self) -> str:
        """``entity/project/id``, as ``wandb agent`` and ``wandb.Api().sweep`` take it."""
        return f"{self.entity}/{self.project}/{self.sweep_id}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for a ledger or a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | None) -> RemoteSweep | None:
        """Return what :meth:`as_dict` gave; None for nothing."""
        return cls(**values) if values else None
