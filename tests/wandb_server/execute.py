"""Answers a GraphQL document from nodes, without a schema.

A node is a dict: field names to values, to other nodes, to lists of them, or to functions of the field's
arguments. A field that the node does not have is null, and noted, so that newer clients still get an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wandb_server.graphql import Document, Operation, Selection, Variable

Node = dict[str, Any]
Resolver = Callable[[dict[str, Any]], Any]
# Both are kinds of ArtifactCollection; a fragment on the one is not for the other.
_SIBLINGS = ({"ArtifactSequence", "ArtifactPortfolio"},)


class Refusal(Exception):  # noqa: N818
    """An operation that the server answers with an error, in W&B's form."""

    def __init__(self, message: str, status: int = 400, code: str = "") -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code


class Execution:
    """One operation of one request."""

    def __init__(
        self,
        document: Document,
        operation: Operation,
        variables: Mapping[str, Any],
        unknown: Callable[[str, str], None],
    ) -> None:
        self._fragments = document.fragments
        self._operation = operation
        self._variables = {**operation.defaults, **variables}
        self._unknown = unknown

    def run(self, roots: Mapping[str, Resolver]) -> Node:
        """Answer the operation; a root field that is not among ``roots`` is null."""
        kind = self._operation.kind.capitalize()
        return self._select({"__typename": kind, **roots}, self._operation.selections, kind)

    def root_fields(self) -> list[str]:
        return [s.name for s in self._flat(self._operation.selections, "") if s.name]

    def _select(self, node: Mapping[str, Any], selections: tuple[Selection, ...], where: str) -> Node:
        typename = str(node.get("__typename") or where)
        answer: Node = {}
        for selection in self._flat(selections, typename):
            if selection.name not in node and selection.name != "__typename":
                self._unknown(typename, selection.name)
                answer.setdefault(selection.alias, None)
                continue
            value = node.get(selection.name)
            if callable(value):
                value = value(self._resolve(selection.arguments))
            if selection.selections:
                value = self._project(value, selection.selections, selection.name)
                if selection.alias in answer:
                    value = _merged(answer[selection.alias], value)
            answer[selection.alias] = value
        return answer

    def _project(self, value: Any, selections: tuple[Selection, ...], where: str) -> Any:
        if isinstance(value, list):
            return [self._project(item, selections, where) for item in value]
        return self._select(value, selections, where) if isinstance(value, Mapping) else None

    def _flat(self, selections: tuple[Selection, ...], typename: str) -> list[Selection]:
        found: list[Selection] = []
        for selection in selections:
            if not self._wanted(selection):
                continue
            fragment = selection
            if selection.spread:
                fragment = self._fragments.get(selection.spread, Selection())
            elif selection.name:
                found.append(selection)
                continue
            condition = fragment.type_condition
            foreign = any({typename, condition} <= kinds for kinds in _SIBLINGS)
            if condition == typename or not foreign:
                found += self._flat(fragment.selections, typename)
        return found

    def _wanted(self, selection: Selection) -> bool:
        conditions = {name: self._resolve(a).get("if") for name, a in selection.directives.items()}
        return conditions.get("include", True) is not False and conditions.get("skip") is not True

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, Variable):
            return self._variables.get(value.name)
        if isinstance(value, dict):
            return {key: self._resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolve(item) for item in value]
        return value


def _merged(first: Any, second: Any) -> Any:
    """Merge the answers to a field that was asked for twice with different selections."""
    if isinstance(first, dict) and isinstance(second, dict):
        keys = [*first, *(key for key in second if key not in first)]
        return {key: _merged(first.get(key), second[key]) if key in second else first[key] for key in keys}
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return [_merged(a, b) for a, b in zip(first, second, strict=True)]
    return second
