"""A sweep's YAML text, from wherever the user has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

import swatch
from swatch.errors import UserError, did_you_mean


def read_sweep_text(sweep: str | Path | Mapping[str, Any]) -> tuple[str, str]:
    """Return a sweep's YAML text and what to call it in messages. Raises UserError if it cannot be read."""
    if isinstance(sweep, Mapping):
        try:
            return yaml.safe_dump(dict(sweep), sort_keys=False), "the sweep"
        except yaml.YAMLError as error:
            raise UserError(f"the sweep holds something that YAML cannot: {error}") from error
    path = find(Path(sweep))
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except FileNotFoundError:
        folders = [path.parent if path.parent.is_dir() else Path(), *shipped_folders()]
        near = did_you_mean(path.name, [file.name for folder in folders for file in folder.glob("*.y*ml")])
        raise UserError(f"there is no sweep YAML at {path}.{near}") from None
    except OSError as error:
        raise UserError(f"the sweep YAML {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"the sweep YAML {path} cannot be read: it is not UTF-8 text") from None


def find(path: Path) -> Path:
    """Return the file, or the shipped sweep of that name: ``sweeps/quick.yaml`` works in any folder."""
    if path.exists() or path.is_absolute() or path.parent not in (Path(), Path("sweeps")):
        return path
    name = path.name if path.suffix else f"{path.name}.yaml"
    shipped = [folder / name for folder in shipped_folders() if (folder / name).is_file()]
    return shipped[0] if shipped else path


def shipped_folders() -> list[Path]:
    """Return where Swatch's own sweeps may lie: in the checkout it is imported from, or in the package."""
    package = Path(swatch.__file__).resolve().parent
    return (
        [package.parents[1] / "sweeps", package / "sweeps"]
        if package.parent.name == "src"
        else [package / "sweeps"]
    )
