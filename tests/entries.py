"""The choices of conf/, as tests walk them: one YAML file added is one more case."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CONF = Path(__file__).resolve().parent.parent / "conf"


@dataclass(frozen=True)
class Entry:
    """One YAML file of a config group."""

    name: str
    target: Callable[..., Any]
    arguments: dict[str, Any]

    def build(self, **others: Any) -> Any:
        return self.target(**{**self.arguments, **others})


def entries(group: str) -> list[Entry]:
    """The choices of a group whose files name a class or function, which gets the file's keys."""
    found = []
    for path in files(group):
        arguments = yaml.safe_load(path.read_text(encoding="utf-8"))
        module, _, name = arguments.pop("_target_").rpartition(".")
        found.append(Entry(path.stem, getattr(importlib.import_module(module), name), arguments))
    return found


def files(group: str) -> list[Path]:
    """The files of a group, one for each choice."""
    return sorted((CONF / group).glob("*.yaml"))


def groups() -> list[str]:
    """The config groups; Hydra's own are none of ours."""
    return sorted(path.name for path in CONF.iterdir() if path.is_dir() and path.name != "hydra")
