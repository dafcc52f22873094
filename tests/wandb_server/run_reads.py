"""A run as GraphQL shows it."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import json
import mimetypes
import re
from typing import Any
from urllib.parse import quote

from wandb_server import artifact_reads, history, project_reads, sweep_reads
from wandb_server.execute import Node
from wandb_server.model import EVENTS, HISTORY, OUTPUT, Run, opaque_id, stamp
from wandb_server.paging import connection
from wandb_server.store import Store

_TAIL = 500
# A line of output: its level unless it is the ordinary one, its time, its text.
_LINE = re.compile(r"(?:(ERROR|WARNING|INFO|DEBUG) )?(\d{4}-\d\d-\d\dT[\d:.]+Z?) (.*)", re.DOTALL)


def run_node(store: Store, run: Run) -> Node:
    def artifacts(arguments: dict[str, Any], ids: list[str]) -> Node:
        found = [store.artifacts[i] for i in ids if store.artifacts[i].state == "COMMITTED"]
        return connection(found, arguments, lambda artifact: artifact_reads.artifact_node(store, artifact))

    sweep = store.sweeps.get(run.sweep or "")
    return {
        "__typename": "Run",
        "id": run.storage_id,
        "name": run.id,
        "displayName": run.display_name,
        "state": run.state,
        "config": json.dumps(run.wire_config),
        "wandbConfig": lambda a: json.dumps(_wandb_config(run, a.get("keys"))),
        "summaryMetrics": json.dumps(run.summary),
        "systemMetrics": lambda a: json.dumps(run.events[-1] if run.events else {}),
        "sweepName": run.sweep,
        "sweep": lambda a: sweep_reads.sweep_node(store, sweep) if sweep else None,
        "agent": lambda a: {"id": run.agent, "name": run.agent} if run.agent else None,
        "group": run.group,
        "groupName": run.group,
        "jobType": run.job_type,
        "notes": run.notes,
        "description": run.description,
        "tags": list(run.tags),
        "commit": run.commit,
        "repo": run.repo,
        "host": run.host,
        "program": run.program,
        "createdAt": stamp(run.created),
        "updatedAt": stamp(run.heartbeat),
        "heartbeatAt": stamp(run.heartbeat),
        "exitcode": run.exit_code,
        "shouldStop": run.stop_requested,
        "stopped": run.stop_requested,
        "failed": run.state in ("failed", "crashed", "killed"),
        "running": run.state == "running",
        "readOnly": False,
        "user": lambda a: user_node(store),
        "project": lambda a: project_reads.project_node(store, run.entity, run.project),
        "projectId": str(store.projects.index((run.entity, run.project)) + 1),
        "historyLineCount": len(run.streams.get(HISTORY, [])),
        "eventsLineCount": len(run.streams.get(EVENTS, [])),
        "logLineCount": len(run.streams.get(OUTPUT, [])),
        "historyTail": lambda a: json.dumps(run.streams.get(HISTORY, [])[-_TAIL:]),
        "eventsTail": lambda a: json.dumps(run.streams.get(EVENTS, [])[-_TAIL:]),
        "historyKeys": lambda a: history.keys(run),
        "history": lambda a: history.lines(run.history, a),
        "events": lambda a: history.lines(run.events, a),
        "sampledHistory": lambda a: history.sampled(run, a),
        # Nothing is exported to Parquet here: all steps are "live", and the client reads them by GraphQL.
        "parquetHistory": lambda a: {
            "parquetUrls": [],
            "liveData": [{"_step": row.get("_step", 0)} for row in run.history],
        },
        "logLines": lambda a: _log_lines(run, a),
        "files": lambda a: _files(store, run, a),
        "fileCount": len(run.files),
        "outputArtifacts": lambda a: artifacts(
            a, [i for i, artifact in store.artifacts.items() if _is_output(artifact, run)]
        ),
        "inputArtifacts": lambda a: artifacts(a, run.used_artifacts),
    }


def _is_output(artifact: Any, run: Run) -> bool:
    key = (artifact.entity, artifact.project, artifact.run)
    return bool(key == (run.entity, run.project, run.id))


def user_node(store: Store) -> Node:
    return {
        "__typename": "User",
        "id": opaque_id("User", store.entity),
        "name": store.entity,
        "username": store.entity,
        "entity": store.entity,
        "email": f"{store.entity}@localhost",
        "photoUrl": None,
        "admin": False,
        "flags": "{}",
        "deletedAt": None,
        "accountType": "USER",
        "apiKeys": {"edges": []},
        "teams": {"edges": []},
        "organizations": [],
        "codeSavingEnabled": False,
        "defaultEntity": {"name": store.entity},
    }


def _wandb_config(run: Run, wanted: list[str] | None) -> dict[str, Any]:
    own = (run.wire_config.get("_wandb") or {}).get("value") or {}
    return {key: value for key, value in own.items() if wanted is None or key in wanted}


def _log_lines(run: Run, arguments: dict[str, Any]) -> Node:
    def line(entry: tuple[int, str]) -> Node:
        number, text = entry
        found = _LINE.match(text)
        level, time, content = found.groups(default="") if found else ("", "", text)
        return {"number": number, "timestamp": time, "level": level, "label": "", "line": content}

    return connection(list(enumerate(run.output)), arguments, line)


def _files(store: Store, run: Run, arguments: dict[str, Any]) -> Node:
    names, pattern = arguments.get("names") or [], arguments.get("pattern")
    glob = pattern.replace("%", "*").replace("_", "?") if pattern else "*"
    found = [n for n in sorted(run.files) if (n in names if names else fnmatch.fnmatchcase(n, glob))]
    return connection(found, arguments, lambda name: file_node(store, run, name))


def file_node(store: Store, run: Run, name: str) -> Node:
    content = run.files[name]
    address = file_address(store, run, name)
    return {
        "__typename": "File",
        "id": opaque_id("File", run.path, name),
        "name": name,
        "displayName": name,
        "url": address,
        "directUrl": address,
        "sizeBytes": len(content),
        "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream",
        "updatedAt": stamp(run.heartbeat),
        "md5": base64.b64encode(hashlib.md5(content).digest()).decode(),
        "digest": None,
        "storagePath": None,
    }


def file_address(store: Store, run: Run, name: str) -> str:
    return f"{store.url}/storage/runs/{quote(run.path)}/{quote(name)}"
