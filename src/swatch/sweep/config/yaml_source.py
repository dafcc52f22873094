"""A YAML text read with the line of everything in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from swatch.errors import UserError

Path = Sequence[str | int]


class _Loader(yaml.SafeLoader):
    """YAML's safe loader without dates, and with numbers such as ``1e-4`` as the numbers they look like."""


# YAML 1.1, which PyYAML and so W&B speak, reads `1e-4` as text because it has no point; YAML 1.2 doesn't.
_EXPONENT_WITHOUT_POINT = re.compile(r"[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+")
_FLOAT, _TIMESTAMP = "tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _first in "-+0123456789":
    _Loader.yaml_implicit_resolvers.setdefault(_first, []).append(
        (_FLOAT, re.compile(rf"^(?:{_EXPONENT_WITHOUT_POINT.pattern})$"))
    )


@dataclass(frozen=True)
class YamlSource:
    """A parsed YAML document that remembers where things stand."""

    name: str
    """How messages name it, such as the file's path."""
    value: Any
    """The plain value: dicts, lists, texts, numbers, truth values and None."""
    root: yaml.Node | None = None
    """The document's node tree; None for a value that was not read from a text."""

    @classmethod
    def parse(cls, text: str, name: str) -> YamlSource:
        """Parse ``text``; raises UserError naming the line for anything malformed or a key given twice."""
        text = text.removeprefix("\ufeff")
        try:
            loader = _Loader(text)
            root = loader.get_single_node()
            if root is not None:
                _check(root, name, set(), set())
            value = None if root is None else loader.construct_document(root)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise UserError(
                f"{name}{f':{mark.line + 1}' if mark else ''}: not valid YAML: "
                f"{(error.problem or error.context or 'it cannot be read').strip()}"
            ) from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise UserError(f"{name}:{line}: not valid YAML: {error.reason}") from None
        except (ArithmeticError, AttributeError, LookupError, RecursionError, ValueError) as error:
            # PyYAML lets these through for values that don't fit an explicit tag (`!!float ''`), and for
            # thousands of nested brackets.
            raise UserError(f"{name}: not valid YAML: {error}") from None
        return cls(name, value, root)

    def where(self, path: Path = ()) -> str:
        """Return ``name:line`` of the key or item at ``path``, or of the nearest ancestor that has a line."""
        if self.root is None:
            return self.name
        node, line = self.root, self.root.start_mark.line
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            key, node = found
            line = key.start_mark.line
        return f"{self.name}:{line + 1}"

    def error(self, path: Path, message: str) -> UserError:
        """Return the error ``name:line: path: message``."""
        place = ".".join(map(str, path))
        return UserError(f"{self.where(path)}: {f'{place}: ' if place else ''}{message}")

    def numbers_that_wandb_reads_as_text(self) -> list[tuple[int, str]]:
        """Return line and text of every unquoted number such as ``1e-4``, which YAML 1.1 takes for text."""
        return [
            (node.start_mark.line + 1, node.value)
            for node in _walk(self.root)
            if isinstance(node, yaml.ScalarNode)
            and node.style is None
            and _EXPONENT_WITHOUT_POINT.fullmatch(node.value)
        ]


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _walk(root: yaml.Node | None) -> list[yaml.Node]:
    """Return every node once, also where aliases share them, in the order of the text."""
    seen: dict[int, yaml.Node] = {}
    waiting = [] if root is None else [root]
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen[id(node)] = node
            waiting += reversed(_parts(node))
    return list(seen.values())


def _check(node: yaml.Node, name: str, ancestors: set[int], done: set[int]) -> None:
    """Refuse keys given twice and aliases that contain themselves, in ``node`` and below."""
    if id(node) in done:
        return
    if id(node) in ancestors:
        raise UserError(f"{name}:{node.start_mark.line + 1}: an alias refers to what contains it")
    if isinstance(node, yaml.MappingNode):
        _refuse_repeated_keys(node, name)
    ancestors.add(id(node))
    for part in _parts(node):
        _check(part, name, ancestors, done)
    ancestors.remove(id(node))
    done.add(id(node))


def _refuse_repeated_keys(node: yaml.MappingNode, name: str) -> None:
    first_lines: dict[str, int] = {}
    for key, _ in node.value:
        # `<<` merges another mapping, and may do so several times.
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            continue
        line = key.start_mark.line + 1
        if key.value in first_lines:
            raise UserError(
                f"{name}:{line}: the key '{key.value}' is given twice, first on line "
                f"{first_lines[key.value]}; keep one of them"
            )
        first_lines[key.value] = line


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the node that marks the place of ``step`` in ``node`` and the node of its value."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(step):
                return key, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
