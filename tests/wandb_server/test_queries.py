"""Which runs the public Api finds, in which order, in pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wandb_server import Run, WandbServer

RUNS: list[dict[str, Any]] = [
    {"x": 1, "loss": 0.3, "group": "g", "tags": ["a"]},
    {"x": 2, "loss": 0.1, "group": "g", "tags": ["a", "b"]},
    {"x": 3, "loss": None, "group": None, "tags": []},
    {"x": 4, "loss": 0.2, "group": "h", "tags": ["b"]},
]


@pytest.fixture
def runs(server: WandbServer) -> list[Run]:
    """Runs put in by hand: what is tested is how they are found."""
    server.store.projects.append(("someone", "p"))
    for given in RUNS:
        run = server.store.create_run("someone", "p", f"run{given['x']}")
        run.display_name = f"the {given['x']}."
        run.wire_config = {"x": {"value": given["x"]}, "model.depth": {"value": given["x"] * 10},
                           "n": {"value": {"deep": given["x"]}}}  # fmt: skip
        run.summary = {} if given["loss"] is None else {"val/loss": given["loss"]}
        run.group, run.tags, run.state = given["group"], given["tags"], "finished"
    return list(server.runs.values())


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "1234"),
        ({"group": "g"}, "12"),
        ({"display_name": "the 3."}, "3"),
        ({"name": {"$in": ["run2", "run4"]}}, "24"),
        ({"state": {"$ne": "finished"}}, ""),
        ({"tags": "a"}, "12"),
        ({"tags": {"$in": ["b"]}}, "24"),
        ({"config.x": 2}, "2"),
        ({"config.x.value": {"$gte": 3}}, "34"),
        ({"config.model.depth": 10}, "1"),
        ({"config.n.deep": {"$lt": 3}}, "12"),
        ({"summary_metrics.val/loss": {"$gt": 0.15, "$lt": 0.5}}, "14"),
        ({"summary_metrics.val/loss": {"$exists": False}}, "3"),
        ({"$or": [{"group": "h"}, {"$and": [{"group": "g"}, {"tags": "b"}]}]}, "24"),
        ({"displayName": {"$regex": "^the [12]"}}, "12"),
        ({"group": {"$exists": True}, "$nor": [{"group": "g"}]}, "4"),
        ({"sweep": "nowhere"}, ""),
    ],
)
def test_filters(filters: dict[str, Any], expected: str, runs: list[Run], client: Any) -> None:
    found = client.Api().runs("someone/p", filters=filters)
    assert "".join(run.id[-1] for run in found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("+created_at", "1234"),
        ("-created_at", "4321"),
        ("+summary_metrics.val/loss", "2413"),
        ("-summary_metrics.val/loss", "1423"),
        ("-config.x.value", "4321"),
    ],
)
def test_order(order: str, expected: str, runs: list[Run], client: Any) -> None:
    assert "".join(run.id[-1] for run in client.Api().runs("p", order=order)) == expected


def test_pages(runs: list[Run], server: WandbServer, client: Any) -> None:
    found = client.Api().runs("p", per_page=3)
    assert [run.id for run in found] == ["run1", "run2", "run3", "run4"]
    assert [request.operation for request in server.requests].count("Runs") == 2
    assert [json.loads(json.dumps(run.config))["x"] for run in found] == [1, 2, 3, 4]


def test_a_project_that_is_not_there(server: WandbServer, client: Any) -> None:
    with pytest.raises(ValueError, match="Could not find"):
        len(client.Api().runs("someone/nowhere"))
    with pytest.raises(client.errors.CommError, match="Could not find run"):
        client.Api().run("someone/nowhere/run")
