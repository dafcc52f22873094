"""The HTTP side: who may ask, which part of the server a path means, and the answer."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from wandb_server import faults
from wandb_server.execute import Execution, Refusal
from wandb_server.graphql import GraphQLSyntaxError, parse
from wandb_server.model import Request
from wandb_server.roots import resolvers
from wandb_server.stream import receive

if TYPE_CHECKING:
    from wandb_server.server import WandbServer


class Front(ThreadingHTTPServer):
    """Listens on the loopback interface; closing it also closes the connections that are open."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, owner: WandbServer) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):  # the client may have been faster
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is not the server's fault, and is not worth a traceback."""


class Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Front

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        owner = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        path = urlsplit(self.path).path
        place = _place(path)
        operation, fields = "", tuple[str, ...]()
        if place == faults.GRAPHQL:
            try:
                asked = json.loads(body)
                document = parse(asked["query"])
                chosen = document.operation(asked.get("operationName"))
                execution = Execution(document, chosen, asked.get("variables") or {}, owner.note_unknown)
                operation, fields = chosen.name, tuple(execution.root_fields())
            except (ValueError, KeyError, GraphQLSyntaxError) as error:
                owner.note_unexpected(f"graphql: {error}")
                return self._send(400, _errors(str(error)))
        request = Request(time.time(), self.command, path, operation, fields)
        if place == faults.TELEMETRY:
            owner.note_telemetry()
        else:
            owner.note_request(request)
        fault = owner.faults.strike(place, (operation, *fields))
        if fault is not None and fault.kind == "drop":
            return self._close_connection()
        if fault is not None and fault.kind == "answer":
            return self._answer(request, fault.status, fault.text().encode(), fault.headers)
        if place in (faults.GRAPHQL, faults.STREAM) and not self._has_key(owner):
            return self._answer(request, 401, faults.REVOKED.encode())
        if place == faults.GRAPHQL:
            status, answer = self._graphql(owner, execution, chosen.kind)
        elif place == faults.STREAM:
            status, answer = self._stream(owner, path, body)
        elif place == faults.TELEMETRY:
            status, answer = 200, b"{}"
        else:
            status, answer = self._file(owner, path, body)
        if fault is not None and fault.kind == "lose":
            return self._close_connection()
        return self._answer(request, status, answer)

    def _graphql(self, owner: WandbServer, execution: Execution, kind: str) -> tuple[int, bytes]:
        store = owner.store
        roots = resolvers(store, kind)
        for name in execution.root_fields():
            if name not in roots and name != "__typename":
                owner.note_unexpected(f"{kind} {name}")
        with store.lock:
            try:
                return 200, json.dumps({"data": execution.run(roots)}).encode()
            except Refusal as refusal:
                return refusal.status, _errors(refusal.message, refusal.code)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                # An input that is not what the server takes it for: the client may be newer.
                owner.note_unexpected(f"{kind} {', '.join(execution.root_fields())}: {error!r}")
                return 400, _errors(repr(error))

    def _stream(self, owner: WandbServer, path: str, body: bytes) -> tuple[int, bytes]:
        entity, project, run = (unquote(part) for part in path.strip("/").split("/")[1:4])
        with owner.store.lock:
            answer = receive(owner.store, (entity, project, run), json.loads(body or b"{}"))
        return (200, json.dumps(answer).encode()) if answer is not None else (404, _errors("run not found"))

    def _file(self, owner: WandbServer, path: str, body: bytes) -> tuple[int, bytes]:
        with owner.store.lock:
            if self.command == "PUT":
                found = owner.files.put(unquote(path), body)
                return (200, b"{}") if found else (404, _errors("no such place"))
            content = owner.files.get(unquote(path))
        if content is None:
            # /healthz: what asks whether a server is there takes any answer, and W&B's own cloud has none.
            if not path.startswith(("/storage/", "/artifacts", "/healthz")):
                owner.note_unexpected(f"{self.command} {path}")
            return 404, _errors("file not found")
        return 200, content

    def _has_key(self, owner: WandbServer) -> bool:
        scheme, _, value = (self.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value).decode().partition(":")[2]
            except ValueError:
                return False
        return value == owner.key and not owner.is_key_revoked

    def _close_connection(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(
        self, request: Request, status: int, body: bytes, headers: dict[str, str] | None = None
    ) -> None:
        request.status = status
        self._send(status, body, headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _place(path: str) -> str:
    if path.endswith("/graphql"):
        return faults.GRAPHQL
    if path.startswith("/sdk/"):
        return faults.TELEMETRY
    return faults.STREAM if path.endswith("/file_stream") else faults.FILES


def _errors(message: str, code: str = "") -> bytes:
    error: dict[str, Any] = {"message": message, "path": []}
    if code:
        error["extensions"] = {"code": code}
    return json.dumps({"errors": [error], "data": None}).encode()
