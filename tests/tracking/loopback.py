"""A W&B server just large enough for one run of the real client, on the loopback interface."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "0123456789abcdef" * 2 + "01234567"


class LoopbackServer:
    """Takes runs and remembers what it was told; ``status`` other than 200 answers everything with that."""

    def __init__(self, status: int = 200, history_lines: int = 0) -> None:
        self.status = status
        self.history_lines = history_lines
        """How many lines of history the server claims to have of every run."""
        self.operations: list[str] = []
        self.runs: dict[str, dict[str, Any]] = {}
        self.streamed: dict[str, list[str]] = {}
        self.exit_codes: list[int] = []
        self.unexpected: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_PUT(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self._answer({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if self.path == "/graphql":
                    self._answer(server.graphql(json.loads(body)))
                elif self.path.endswith("/file_stream"):
                    self._answer(server.stream(json.loads(body)))
                else:
                    server.unexpected.append(self.path)
                    self._answer({})

            def _answer(self, value: Any) -> None:
                text = json.dumps(value).encode()
                self.send_response(server.status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def graphql(self, request: dict[str, Any]) -> dict[str, Any]:
        operation = str(request.get("operationName"))
        self.operations.append(operation)
        if operation == "UpsertBucket":
            variables = request["variables"]
            name = variables.get("name") or variables.get("id")
            self.runs.setdefault(name, {}).update({k: v for k, v in variables.items() if v is not None})
            project = {"name": "swatch", "entity": {"name": "someone"}}
            bucket = {"id": name, "name": name, "displayName": name, "sweepName": None, "project": project}
            bucket["historyLineCount"] = self.history_lines
            return {"data": {"upsertBucket": {"bucket": bucket, "inserted": True}}}
        if operation == "RunResumeStatus":
            return {
                "data": {
                    "model": {"id": "m", "name": "swatch", "entity": {"name": "someone"}, "bucket": None}
                }
            }
        if operation == "Viewer":
            return {"data": {"viewer": {"id": "u", "entity": "someone", "username": "someone", "flags": "{}",
                                        "teams": {"edges": []}}}}  # fmt: skip
        if operation == "CreateRunFiles":
            return {"data": {"createRunFiles": {"runID": "r", "uploadHeaders": [], "files": []}}}
        return {"data": {}}

    def stream(self, request: dict[str, Any]) -> dict[str, Any]:
        for name, chunk in (request.get("files") or {}).items():
            self.streamed.setdefault(name, []).extend(chunk["content"])
        if request.get("complete"):
            self.exit_codes.append(int(request.get("exitcode") or 0))
        return {}

    def history(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.streamed.get("wandb-history.jsonl", [])]

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
