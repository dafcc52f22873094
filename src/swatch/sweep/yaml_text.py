"""A sweep's YAML text, from wherever the user has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from swatch.errors import UserError, did_you_mean


def read_sweep_text(sweep: str | Path | Mapping[str, Any]) -> tuple[str, str]:
    """Return a sweep's YAML text and what to call it in messages. Raises UserError if it cannot be read."""
    if isinstance(sweep, Mapping):
        try:
            return yaml.safe_dump(dict(sweep), sort_keys=False), "the sweep"
        except yaml.YAMLError as error:
            raise UserError(f"the sweep holds something that YAML cannot: {error}") from error
    path = Path(sweep)
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except FileNotFoundError:
        folder = path.parent if path.parent.is_dir() else Path()
        near = did_you_mean(path.name, [file.name for file in folder.glob("*.y*ml")])
        raise UserError(f"there is no sweep YAML at {path}.{near}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the sweep YAML {path} cannot be read: {error}") from None
