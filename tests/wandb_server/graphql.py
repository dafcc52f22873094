"""Reads GraphQL documents: the part of the language that clients use, without a schema.

Values keep their Python form; an enum's name becomes a string and ``$name`` a `Variable`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""(?P<skip>[\s,\ufeff]+|\#[^\n]*)
      | (?P<block>\"{3}.*?\"{3})
      | (?P<string>"(?:\\.|[^"\\])*")
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<mark>\.\.\.|[{}()\[\]:=!$@&|])""",
    re.VERBOSE | re.DOTALL,
)


class GraphQLSyntaxError(ValueError):
    """The document is not GraphQL."""


@dataclass(frozen=True)
class Variable:
    """A value that the request's variables give."""

    name: str


@dataclass(frozen=True)
class Selection:
    """A field; without a name an inline fragment; with ``spread`` the use of a named fragment."""

    name: str = ""
    alias: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    directives: dict[str, dict[str, Any]] = field(default_factory=dict)
    selections: tuple[Selection, ...] = ()
    type_condition: str = ""
    spread: str = ""


@dataclass(frozen=True)
class Operation:
    """One query or mutation of a document."""

    kind: str
    name: str
    defaults: dict[str, Any]
    selections: tuple[Selection, ...]


@dataclass
class Document:
    """The operations of a request and the fragments that they use."""

    operations: list[Operation] = field(default_factory=list)
    fragments: dict[str, Selection] = field(default_factory=dict)

    def operation(self, name: str | None) -> Operation:
        for operation in self.operations:
            if name is None or operation.name == name or len(self.operations) == 1:
                return operation
        raise GraphQLSyntaxError(f"no operation {name!r}")


def parse(text: str) -> Document:
    """Parse the text of a request."""
    return _Parser(text).document()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise GraphQLSyntaxError(f"unexpected {text[position : position + 20]!r}")
            position = match.end()
            if match.lastgroup != "skip":
                self._tokens.append((str(match.lastgroup), match.group()))
        self._next = 0

    def document(self) -> Document:
        document = Document()
        while self._peek():
            if self._peek() == "{":
                document.operations.append(Operation("query", "", {}, self._selections()))
                continue
            kind = self._take()
            if kind == "fragment":
                name = self._take()
                self._take("on")
                condition = self._take()
                self._directives()
                document.fragments[name] = Selection(type_condition=condition, selections=self._selections())
            elif kind in ("query", "mutation", "subscription"):
                name = "" if self._peek() in ("(", "{", "@") else self._take()
                defaults = self._variable_definitions()
                self._directives()
                document.operations.append(Operation(kind, name, defaults, self._selections()))
            else:
                raise GraphQLSyntaxError(f"unexpected {kind!r}")
        return document

    def _peek(self) -> str:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else ""

    def _take(self, expected: str = "") -> str:
        text = self._peek()
        if not text or (expected and text != expected):
            raise GraphQLSyntaxError(f"{text!r} instead of {expected or 'more'!r}")
        self._next += 1
        return text

    def _accept(self, mark: str) -> bool:
        if self._peek() != mark:
            return False
        self._next += 1
        return True

    def _variable_definitions(self) -> dict[str, Any]:
        defaults: dict[str, Any] = {}
        if self._accept("("):
            while not self._accept(")"):
                self._take("$")
                name = self._take()
                self._take(":")
                self._type()
                if self._accept("="):
                    defaults[name] = self._value()
                self._directives()
        return defaults

    def _type(self) -> None:
        if self._accept("["):
            self._type()
            self._take("]")
        else:
            self._take()
        self._accept("!")

    def _selections(self) -> tuple[Selection, ...]:
        self._take("{")
        found = []
        while not self._accept("}"):
            found.append(self._selection())
        return tuple(found)

    def _selection(self) -> Selection:
        if self._accept("..."):
            if self._peek() not in ("on", "@", "{"):
                return Selection(spread=self._take(), directives=self._directives())
            condition = self._take() if self._accept("on") else ""
            directives = self._directives()
            return Selection(type_condition=condition, directives=directives, selections=self._selections())
        alias = name = self._take()
        if self._accept(":"):
            name = self._take()
        arguments = self._arguments()
        directives = self._directives()
        selections = self._selections() if self._peek() == "{" else ()
        return Selection(name, alias, arguments, directives, selections)

    def _arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        if self._accept("("):
            while not self._accept(")"):
                name = self._take()
                self._take(":")
                arguments[name] = self._value()
        return arguments

    def _directives(self) -> dict[str, dict[str, Any]]:
        directives: dict[str, dict[str, Any]] = {}
        while self._accept("@"):
            name = self._take()
            directives[name] = self._arguments()
        return directives

    def _value(self) -> Any:
        kind = self._tokens[self._next][0] if self._next < len(self._tokens) else ""
        text = self._take()
        if text == "$":
            return Variable(self._take())
        if text == "[":
            items = []
            while not self._accept("]"):
                items.append(self._value())
            return items
        if text == "{":
            entries: dict[str, Any] = {}
            while not self._accept("}"):
                name = self._take()
                self._take(":")
                entries[name] = self._value()
            return entries
        if kind in ("string", "number"):
            return json.loads(text)
        if kind == "block":
            return text[3:-3]
        return {"true": True, "false": False, "null": None}.get(text, text)
