"""A tiny data set, web mirrors that misbehave in every way, and a progress that remembers."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from swatch.data import idx
from swatch.data.integrity import IdxFile


@dataclass
class Recorder:
    """A progress that keeps what it was told."""

    said: list[str] = field(default_factory=list)
    transfers: list[list[object]] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)

    def begin(self, text: str, total: int | None) -> None:
        self.transfers.append([text, total, 0])

    def update(self, done: int) -> None:
        self.transfers[-1][2] = done

    def end(self) -> None:
        self.transfers[-1].append("end")


@dataclass(frozen=True)
class Tiny:
    """Four images and labels to train, two to test, in the files of the MNIST family."""

    files: tuple[IdxFile, ...]
    contents: dict[str, bytes]

    @property
    def train(self) -> tuple[IdxFile, ...]:
        return self.files[:2]

    def write(self, folder: Path, *, gzipped: bool = False) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.contents.items():
            (folder / f"{name}.gz" if gzipped else folder / name).write_bytes(
                gzip.compress(data) if gzipped else data
            )
        return folder


@pytest.fixture
def progress() -> Recorder:
    return Recorder()


@pytest.fixture(scope="session")
def tiny() -> Tiny:
    rng = np.random.default_rng(0)
    contents = {}
    for part, count in (("train", 40), ("t10k", 20)):
        for kind, array in (
            ("images-idx3", rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)),
            ("labels-idx1", np.arange(count, dtype=np.uint8) % 10),
        ):
            stream = io.BytesIO()
            idx.write_array(stream, array)
            contents[f"{part}-{kind}-ubyte"] = stream.getvalue()
    files = tuple(
        IdxFile(name, 3 if "images" in name else 1, hashlib.sha256(data).hexdigest())
        for name, data in contents.items()
    )
    return Tiny(files, contents)


class Mirror(http.server.ThreadingHTTPServer):
    """A web server on this machine that serves gzipped files, well or badly."""

    daemon_threads = True

    def __init__(self, contents: dict[str, bytes], behaviour: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.contents = {f"{name}.gz": gzip.compress(data) for name, data in contents.items()}
        self.behaviour = behaviour
        self.asked: list[str] = []
        self.closing = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up, or was killed, is what these tests are about."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        self.server.asked.append(name)
        behaviour, data = self.server.behaviour, self.server.contents.get(name)
        images = "images" in name
        if behaviour == "hanging":
            self.server.closing.wait(20)
            return
        if data is None or behaviour == "missing" or (behaviour == "images missing" and images):
            self.send_error(404)
            return
        if behaviour == "broken" or (
            behaviour == "broken once" and images and self.server.asked.count(name) == 1
        ):
            self.send_error(503)
            return
        length = len(data)
        if behaviour == "altered":
            data = gzip.compress(gzip.decompress(data)[:-1] + b"\xff")
            length = len(data)
        elif behaviour == "page":
            data = b"<html>Please log in to the hotel's network.</html>"
            length = len(data)
        elif behaviour == "truncated":
            data = data[: len(data) // 2]
        elif behaviour == "short":
            data = data[: len(data) // 2]
            length = len(data)
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        if behaviour == "encoded":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if images and behaviour in ("stalling", "dripping"):
            self.wfile.write(data[:100])
            for byte in data[100:] if behaviour == "dripping" else b"":
                self.wfile.write(bytes((byte,)))
                time.sleep(0.05)
            self.server.closing.wait(20)
            return
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def mirror(tiny: Tiny) -> Iterator[Callable[..., Mirror]]:
    """A function that starts a mirror of the tiny data set with the named behaviour."""
    servers = []

    def start(behaviour: str = "ok", contents: dict[str, bytes] | None = None) -> Mirror:
        server = Mirror(contents or tiny.contents, behaviour)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.closing.set()
        server.shutdown()
        server.server_close()
