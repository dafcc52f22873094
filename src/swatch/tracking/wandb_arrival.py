"""Whether a W&B server has all of a run: asked of the server itself.

wandb's client cannot be asked. When a server refuses a run's rows (the key is revoked, the run was deleted, a
quota is used up), the client drops them and ends the run as if all were well.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from swatch.tracking.graphql import NoAnswer, NoKey, Refused, ask

_QUERY = """
query RunArrived($entity: String, $project: String, $run: String!) {
  project(name: $project, entityName: $entity) {
    run(name: $run) { state historyLineCount outputArtifacts(first: 50) { edges { node { id } } } }
  }
}
"""
_ANSWER_SECONDS = 5.0
_PATIENCE_SECONDS = 4.0
"""A server takes rows first and counts them a moment later."""
_PAUSES = (0.05, 0.2, 0.5, 1.0)
_TRY_AGAIN = (408, 429)


@dataclass(frozen=True)
class _Found:
    state: str
    rows: int
    artifacts: int


def arrival_problem(
    host: str, entity: str, project: str, run_id: str, *, rows: int, artifacts: int
) -> str | None:
    """Return None if the server has a run's rows, artifacts and end, else what is missing, in one line.

    Args:
        host: The server's address.
        entity: The run's user or team there.
        project: Its project.
        run_id: Its id.
        rows: How many lines its history has.
        artifacts: How many artifacts it has made, at least.
    """
    deadline, pauses = time.monotonic() + _PATIENCE_SECONDS, iter(_PAUSES)
    while True:
        try:
            problem = _missing(_find(host, entity, project, run_id), rows, artifacts)
        except NoKey:
            return None  # Some other credential is in use, with which wandb itself has ended the run.
        except Refused as error:
            if 400 <= error.status < 500 and error.status not in _TRY_AGAIN:
                return str(error)
            problem = str(error)
        except NoAnswer as error:
            problem = str(error)
        pause = next(pauses, _PAUSES[-1])
        if problem is None or time.monotonic() + pause > deadline:
            return problem
        time.sleep(pause)


def _find(host: str, entity: str, project: str, run_id: str) -> _Found | None:
    variables = {"entity": entity, "project": project, "run": run_id}
    answer = ask(host, _QUERY, variables, seconds=_ANSWER_SECONDS)
    try:
        found = (answer["project"] or {}).get("run")
        if found is None:
            return None
        made = (found.get("outputArtifacts") or {}).get("edges") or ()
        return _Found(str(found["state"]), int(found["historyLineCount"] or 0), len(made))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused(f"{host} did not say what it has of run {run_id}", 200) from None


def _missing(found: _Found | None, rows: int, artifacts: int) -> str | None:
    if found is None:
        return "the server does not have the run"
    if found.rows < rows:
        return f"the server has {found.rows} of {rows} rows"
    if found.artifacts < artifacts:
        return f"the server has {found.artifacts} of {artifacts} artifacts"
    return "the server does not know that the run has ended" if found.state == "running" else None
