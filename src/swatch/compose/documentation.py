"""The help of `swatch train`: every group, choice and key, in the words of the YAML files' comments."""

from __future__ import annotations

import re
import shutil
import textwrap
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from swatch.compose.keys import config_keys
from swatch.compose.locations import ROOT_CONFIG, Locations, find


@lru_cache(maxsize=256)
def comments(path: Path) -> tuple[str, dict[str, str]]:
    """Return a YAML file's opening comment, and the comment of every dotted key.

    A key's comment is the block of lines above it, else the one behind it on its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        # A broken file of a choice that nobody made; who chooses it is told.
        return "", {}
    lines = text.splitlines()
    first = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    header = [line for line in lines[:first] if not re.match(r"#\s*@", line)]
    opening = header[: header.index("")] if "" in header else header
    found: dict[str, str] = {}
    if isinstance(root, yaml.MappingNode):
        start = len(opening) if "" in header else first
        _collect(root, "", lines, start, found)
    return _join(opening), found


def _collect(
    node: yaml.MappingNode, prefix: str, lines: list[str], start: int, found: dict[str, str]
) -> None:
    for key, value in node.value:
        line = key.start_mark.line
        above = line
        while above > start and lines[above - 1].lstrip().startswith("#"):
            above -= 1
        end = value.end_mark if value.end_mark.line == line else key.end_mark
        behind = re.search(r"\s#\s(.*)$", lines[line][end.column :])
        text = _join(lines[above:line]) or (behind.group(1).strip() if behind else "")
        if text:
            found[f"{prefix}{key.value}"] = text
        if isinstance(value, yaml.MappingNode):
            _collect(value, f"{prefix}{key.value}.", lines, start, found)


def _join(block: list[str]) -> str:
    return " ".join(line.strip().lstrip("#").strip() for line in block).strip()


def describe_groups(root: DictConfig) -> str:
    """Return the table of groups and choices; the chosen ones are marked with ``*``."""
    where = find()
    chosen = OmegaConf.to_container(root.hydra.runtime.choices)
    assert isinstance(chosen, dict)
    rows = []
    for group, choices in where.groups.items():
        for number, choice in enumerate(choices):
            path = where.file_of(group, choice)
            opening = comments(path)[0] if path else ""
            mark = "*" if chosen.get(group) == choice else " "
            first_sentence = re.split(r"(?<=[.])\s", opening, maxsplit=1)[0]
            rows.append((group if number == 0 else "", f"{mark}{choice}", first_sentence))
    return _table(rows)


def describe_keys(root: DictConfig) -> str:
    """Return the table of keys with their values and comments, the run-level keys first."""
    where = find()
    documented = _all_comments(where, root)
    groups = {group.split("/")[0] for group in where.groups}
    names = [key for key in config_keys(root) if key.split(".")[0] != "hydra" and "_target_" not in key]
    names.sort(key=lambda key: key.split(".")[0] in groups)
    rows = [(key, _value(OmegaConf.select(root, key)), documented.get(key, "")) for key in names]
    return _table(rows)


def _all_comments(where: Locations, root: DictConfig) -> dict[str, str]:
    paths = [("", where.folders[-1] / f"{ROOT_CONFIG}.yaml"), ("", where.folders[0] / f"{ROOT_CONFIG}.yaml")]
    for group, choice in root.hydra.runtime.choices.items():
        path = where.file_of(group, choice) if isinstance(choice, str) and group in where.groups else None
        if path is not None and group != "experiment":
            paths.append((f"{group.replace('/', '.')}.", path))
    return {
        f"{prefix}{key}": text
        for prefix, path in paths
        if path.is_file()
        for key, text in comments(path)[1].items()
    }


def _value(value: Any) -> str:
    if OmegaConf.is_config(value):
        value = OmegaConf.to_container(value, resolve=True)
    if isinstance(value, str):
        return value or '""'
    return yaml.safe_dump(value, default_flow_style=True, width=10_000).split("\n")[0]


_LONGEST_VALUE = 24


def _table(rows: list[tuple[str, str, str]]) -> str:
    """Lay out three columns; a long value is cut, and the words are wrapped to the terminal's width."""
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    rows = [
        (name, textwrap.shorten(value, _LONGEST_VALUE, placeholder="…"), words) for name, value, words in rows
    ]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    indent = " " * (first + second + 6)
    lines = []
    for name, value, words in rows:
        wrapped = textwrap.wrap(words, max(width - len(indent), 24)) or [""]
        lines.append(f"  {name:<{first}}  {value:<{second}}  {wrapped[0]}".rstrip())
        lines += [indent + line for line in wrapped[1:]]
    return "\n".join(lines)


def _for_template(text: str) -> str:
    """Escape what Hydra's help template would take for a placeholder."""
    return text.replace("$", "$$")


def register() -> None:
    """Make ``${help_groups:}`` and ``${help_keys:}`` known to Hydra's help template."""
    for name, describe in {"help_groups": describe_groups, "help_keys": describe_keys}.items():
        OmegaConf.register_new_resolver(
            name, lambda *, _root_, describe=describe: _for_template(describe(_root_)), replace=True
        )
