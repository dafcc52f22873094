"""A composed and checked config."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from swatch.schema import Settings, check


@dataclass(frozen=True)
class Composition:
    """What ``swatch.compose.compose`` returns: everything that defines a run."""

    config: DictConfig
    """The composed config; interpolations are resolved on access."""
    choices: dict[str, str]
    """Config group to the chosen file, such as ``{"optimizer": "adam"}``; groups set to null are left out."""
    overrides: tuple[str, ...]
    """The overrides as they were given."""
    folders: tuple[Path, ...] = ()
    """The config folders that took part, nearest first."""

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The config as resolved plain values, as ``config.yaml`` of a run stores it."""
        container = OmegaConf.to_container(self.config, resolve=True, throw_on_missing=True)
        assert isinstance(container, dict)
        return {str(key): value for key, value in container.items()}

    @cached_property
    def settings(self) -> Settings:
        """The typed top level (seed, epochs, training, tracking, run, paths, compose)."""
        # Top-level keys that are no settings belong to config groups; `compose` has told them from typos.
        return check(self.plain, self.plain)
