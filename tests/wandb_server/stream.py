"""The file stream: the lines of a run's history, summary, system metrics and output as they come."""

from __future__ import annotations

import json
from typing import Any

from wandb_server.model import EVENTS, HISTORY, SUMMARY, Run, now
from wandb_server.store import Store

# Lines of these only ever follow one another, so that offset 0 begins the file anew: a run whose id is used
# again without resuming loses its old rows. Lines of output.log are also corrected in place.
_BEGIN_ANEW = (HISTORY, EVENTS)
_INTERRUPTED = 255


def receive(store: Store, path: tuple[str, str, str], body: dict[str, Any]) -> dict[str, Any] | None:
    """Take what a client streams for a run; None if there is no such run."""
    run = store.run(*path)
    if run is None:
        return None
    run.heartbeat = now()
    for name, chunk in (body.get("files") or {}).items():
        _write(run, name, int(chunk.get("offset") or 0), list(chunk.get("content") or []))
    if body.get("preempting"):
        run.state = "preempting"
    elif body.get("complete"):
        run.exit_code = int(body.get("exitcode") or 0)
        run.state = {0: "finished", _INTERRUPTED: "killed"}.get(run.exit_code, "failed")
    elif run.state not in ("running", "preempting"):
        run.state, run.exit_code = "running", None
    answer: dict[str, Any] = {"exitcode": None, "limits": {}}
    if run.stop_requested and not body.get("complete"):
        answer["stopped"] = True
    return answer


def _write(run: Run, name: str, offset: int, content: list[str]) -> None:
    lines = run.streams.setdefault(name, [])
    if offset == 0 and name in _BEGIN_ANEW:
        lines.clear()
    lines += [""] * (offset - len(lines))
    lines[offset : offset + len(content)] = content
    if name == SUMMARY and lines:
        run.summary = json.loads(lines[-1])
