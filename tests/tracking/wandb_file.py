"""Reads the records of an offline run: LevelDB's log format around wandb's own protocol buffers."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

_BLOCK = 32768
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


def read_offline_run(path: Path) -> dict[str, Any]:
    """Return run, config, history and artifacts (lists), metrics (their definitions), summary, exit_code."""
    from wandb.proto import wandb_internal_pb2

    found: dict[str, Any] = {"config": {}, "history": [], "metrics": {}, "summary": {}, "exit_code": None}
    found["artifacts"] = []
    for data in _records(path.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        if record.WhichOneof("record_type") == "run":
            found["run"] = record.run
            found["config"] |= {item.key: json.loads(item.value_json) for item in record.run.config.update}
        elif record.WhichOneof("record_type") == "config":
            for item in record.config.update:
                found["config"]["/".join(item.nested_key) or item.key] = json.loads(item.value_json)
        elif record.WhichOneof("record_type") == "history":
            items = record.history.item
            line = {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in items}
            found["history"].append(line)
        elif record.WhichOneof("record_type") == "artifact":
            found["artifacts"].append(record.artifact)
        elif record.WhichOneof("record_type") == "metric":
            found["metrics"][record.metric.name or record.metric.glob_name] = record.metric
        elif record.WhichOneof("record_type") == "summary":
            for item in record.summary.update:
                found["summary"]["/".join(item.nested_key) or item.key] = json.loads(item.value_json)
        elif record.WhichOneof("record_type") == "exit":
            found["exit_code"] = record.exit.exit_code
    return found


def _records(data: bytes) -> list[bytes]:
    records, parts, position = [], b"", 7  # the file begins with a header of seven bytes
    while position + 7 <= len(data):
        left = _BLOCK - position % _BLOCK
        if left < 7:
            position += left
            continue
        _, length, kind = struct.unpack("<IHB", data[position : position + 7])
        if kind == 0:
            position += left
            continue
        chunk = data[position + 7 : position + 7 + length]
        position += 7 + length
        parts = chunk if kind in (_FULL, _FIRST) else parts + chunk
        if kind in (_FULL, _LAST):
            records.append(parts)
    return records
