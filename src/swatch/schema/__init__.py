"""The typed top level of a config, and the checks of values against type hints."""

from __future__ import annotations

from swatch.schema.settings import MONITORED, OPEN_GROUPS, Settings, check

__all__ = ["MONITORED", "OPEN_GROUPS", "Settings", "check"]
