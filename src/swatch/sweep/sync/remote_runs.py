"""What a W&B server has of our runs: read in a few requests, whatever their number."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from swatch.sweep.records import finite
from swatch.tracking.graphql import Refused, ask

T = TypeVar("T")

ANSWER_SECONDS = 20.0
_PAUSES = (0.3, 1.0, 2.0)
"""Seconds before a question is asked again that a busy server did not answer."""
_BUSY = (429, 500, 502, 503, 504)
RUNS_PER_REQUEST = 100
SOURCE_KEY, FROM_LEDGER = "swatch_source", "ledger"
"""The config key and value that mark a run which was sent without its directory."""

_VIEWER = "query DefaultEntity { viewer { entity } }"
_RUNS = """
query SyncedRuns($entity: String, $project: String, $filters: JSONString, $count: Int) {
  project(name: $project, entityName: $entity) {
    runs(filters: $filters, first: $count) {
      edges { node { name state sweepName historyLineCount historyKeys summaryMetrics config } }
    }
  }
}
"""


@dataclass(frozen=True)
class Place:
    """A project on a server."""

    base_url: str
    entity: str
    project: str


@dataclass(frozen=True)
class RemoteRun:
    """What the server says of one run."""

    state: str
    """``finished``, ``failed``, ``crashed``, ``killed``, ``running`` ..."""
    sweep_id: str | None
    rows: int
    last_step: int
    """-1 if there are no rows."""
    status: str | None
    """Swatch's own word for how it ended, the last thing that a run sends; None if that never came."""
    reason: str | None
    source: str | None
    """``FROM_LEDGER`` for a run that was sent without its directory."""
    test_accuracy: float | None = None
    """Of the last evaluation of the test set that it knows."""


def patiently(act: Callable[[], T]) -> T:
    """Ask a server something that may be asked again; one that is busy is asked a few times.

    Raises:
        ServerError: The server cannot be asked, or refuses.
    """
    for pause in _PAUSES:
        try:
            return act()
        except Refused as error:
            if error.status not in _BUSY:
                raise
        time.sleep(pause)
    return act()


def read(host: str, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``data`` of the answer to a GraphQL query; raises ServerError as :func:`patiently`."""
    return patiently(lambda: ask(host, query, variables, seconds=ANSWER_SECONDS))


def default_entity(host: str) -> str | None:
    """Return the user or team whose key is configured. Raises ServerError if the server does not say."""
    viewer = read(host, _VIEWER, {}).get("viewer")
    entity = viewer.get("entity") if isinstance(viewer, Mapping) else None
    return str(entity) if entity else None


def read_runs(place: Place, run_ids: Sequence[str]) -> dict[str, RemoteRun]:
    """Return those of the runs that the server has, by id.

    Raises:
        ServerError: The server cannot be asked, or refuses.
    """
    found = {}
    for start in range(0, len(run_ids), RUNS_PER_REQUEST):
        for node in _nodes(place, run_ids[start : start + RUNS_PER_REQUEST]):
            found[str(node["name"])] = _remote_run(node)
    return found


def _nodes(place: Place, run_ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    variables = {
        "entity": place.entity,
        "project": place.project,
        "filters": json.dumps({"name": {"$in": list(run_ids)}}),
        "count": len(run_ids),
    }
    try:
        answer = read(place.base_url, _RUNS, variables)
    except Refused as error:
        if error.status == 404:
            return  # There is no such project yet; the first run makes it.
        raise
    runs = (answer.get("project") or {}).get("runs") or {}
    for edge in runs.get("edges") or ():
        yield edge["node"]


def _remote_run(node: Mapping[str, Any]) -> RemoteRun:
    summary, config = _mapping(node.get("summaryMetrics")), _mapping(node.get("config"))
    rows = int(node.get("historyLineCount") or 0)
    last_step = _mapping(node.get("historyKeys")).get("lastStep")
    mark = config.get(SOURCE_KEY)
    return RemoteRun(
        state=str(node.get("state") or ""),
        sweep_id=node.get("sweepName"),
        rows=rows,
        last_step=int(last_step) if last_step is not None and rows else -1,
        status=summary.get("status"),
        reason=summary.get("reason"),
        source=mark.get("value") if isinstance(mark, Mapping) else None,
        test_accuracy=finite(summary.get("test/accuracy")),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return a JSON object that the server gives as text, or as it is; an empty one for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}
