"""The language itself: what is parsed, and how a document is answered without a schema."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from wandb_server import WandbServer
from wandb_server.execute import Execution
from wandb_server.graphql import GraphQLSyntaxError, parse

THING = {
    "__typename": "ArtifactSequence",
    "name": "n",
    "twice": lambda given: 2 * given["by"],
    "parts": [{"a": 1, "b": 2}, {"a": 3}],
    "none": None,
    "raw": {"any": ["json"]},
}


def answer(text: str, **variables: Any) -> tuple[Any, list[str]]:
    document = parse(text)
    unknown: list[str] = []
    execution = Execution(
        document, document.operation(None), variables, lambda kind, name: unknown.append(f"{kind}.{name}")
    )
    return execution.run({"thing": lambda given: {**THING, "given": given}}), unknown


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("name", {"name": "n"}),
        ("other: name", {"other": "n"}),
        ("twice(by: 4)", {"twice": 8}),
        ("parts { a b }", {"parts": [{"a": 1, "b": 2}, {"a": 3, "b": None}]}),
        ("parts { a } parts { b }", {"parts": [{"a": 1, "b": 2}, {"a": 3, "b": None}]}),
        ("none { a }", {"none": None}),
        ("raw", {"raw": {"any": ["json"]}}),
        ("__typename", {"__typename": "ArtifactSequence"}),
        ("name @include(if: false) none @skip(if: true)", {}),
        ("name @include(if: $yes)", {"name": "n"}),
        ("... on ArtifactCollection { name }", {"name": "n"}),
        ("... on ArtifactPortfolio { name }", {}),
        ("...Named", {"name": "n"}),
        ("# a remark\n name,", {"name": "n"}),
    ],
)
def test_selection(selection: str, expected: Any) -> None:
    text = f"query Q($yes: Boolean = true) {{ thing {{ {selection} }} }} fragment Named on Thing {{ name }}"
    assert answer(text)[0] == {"thing": expected}


def test_arguments_have_their_values() -> None:
    text = """mutation M($a: [String!]!, $b: In = {x: 1}) {
        thing(list: [1, -2.5e3], text: "a \\"b\\" é", block: \"\"\"c"d\"\"\", flag: true, kind: FULL,
              none: null, nested: {a: $a, b: $b, c: $missing}) { given } }"""
    given = answer(text, a=["p"])[0]["thing"]["given"]
    assert given == {
        "list": [1, -2500.0],
        "text": 'a "b" é',
        "block": 'c"d',
        "flag": True,
        "kind": "FULL",
        "none": None,
        "nested": {"a": ["p"], "b": {"x": 1}, "c": None},
    }


def test_what_is_not_there_is_null_and_noted() -> None:
    found, unknown = answer("{ thing { name novelty { x } } elsewhere { y } }")
    assert found == {"thing": {"name": "n", "novelty": None}, "elsewhere": None}
    assert unknown == ["ArtifactSequence.novelty", "Query.elsewhere"]


@pytest.mark.parametrize("text", ["", "{", "query { a", "nonsense { a }", "{ a(b: ) }", "{ a % }"])
def test_what_is_not_graphql(text: str) -> None:
    with pytest.raises(GraphQLSyntaxError):
        parse(text).operation(None)


def test_operations_are_known_by_their_fields(server: WandbServer) -> None:
    def post(body: dict[str, Any]) -> requests.Response:
        return requests.post(f"{server.url}/graphql", json=body, auth=("api", server.key), timeout=10)

    renamed = 'query Renamed { who: viewer { username } __type(name: "Run") { fields { name } } }'
    assert post({"query": renamed}).json()["data"] == {
        "who": {"username": "someone"},
        "__type": {"fields": []},
    }
    assert server.unexpected == []
    assert post({"query": "query New { newRoot { a } viewer { newField } }"}).json()["data"] == {
        "newRoot": None,
        "viewer": {"newField": None},
    }
    assert post({"query": "query {"}).status_code == 400
    assert server.unexpected[0] == "query newRoot"
    assert server.unexpected[1].startswith("graphql: ")
    assert server.unknown_fields == {"Query.newRoot", "User.newField"}
