"""Where configs are looked up: the project folder's ``conf/`` first, then the one that Swatch ships."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import swatch
from swatch.errors import UserError

ROOT_CONFIG = "train"
"""Name of the config that `swatch train` composes: ``conf/train.yaml``."""

_NOT_GROUPS = ("hydra", "project")
"""Folders of ``conf/`` whose files nobody chooses on the command line."""


@dataclass(frozen=True)
class Locations:
    """The config folders, nearest first, and every YAML file in them as it stood at one moment."""

    folders: tuple[Path, ...]
    files: tuple[tuple[Path, int, int], ...]
    """Path, modification time in ns and size of every YAML file: equal files, equal composition."""

    @cached_property
    def groups(self) -> dict[str, list[str]]:
        """Config group to its sorted choices, over all folders."""
        found: dict[str, set[str]] = {}
        for path, _, _ in self.files:
            folder = next(folder for folder in self.folders if path.is_relative_to(folder))
            group = path.parent.relative_to(folder).as_posix()
            if group != "." and group.split("/")[0] not in _NOT_GROUPS:
                found.setdefault(group, set()).add(path.stem)
        return {group: sorted(found[group]) for group in sorted(found)}

    def file_of(self, group: str, choice: str) -> Path | None:
        """Return the YAML file behind ``group=choice``, or None."""
        for folder in self.folders:
            path = folder / group / f"{choice}.yaml"
            if path.is_file():
                return path
        return None


def shipped_folder() -> Path:
    """Return the ``conf/`` of the checkout that Swatch is imported from, or of the installed package.

    Raises:
        UserError: neither has one; the installation is incomplete.
    """
    package = Path(swatch.__file__).resolve().parent
    candidates = [package / "conf"]
    if package.parent.name == "src":
        candidates.insert(0, package.parents[1] / "conf")
    for folder in candidates:
        if (folder / f"{ROOT_CONFIG}.yaml").is_file():
            return folder
    raise UserError(f"Swatch's own configs are missing; looked in {' and '.join(map(str, candidates))}")


def find(project: Path | None = None) -> Locations:
    """Look at the project folder (default: the working directory) and at the shipped configs.

    A project's ``conf/`` adds its choices to ours and goes first where both have the same file.
    """
    folders = [shipped_folder()]
    own = (Path.cwd() if project is None else Path(project)).resolve() / "conf"
    if own.is_dir() and own != folders[0]:
        folders.insert(0, own)
    files = []
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            status = path.stat()
            files.append((path, status.st_mtime_ns, status.st_size))
    return Locations(tuple(folders), tuple(files))
