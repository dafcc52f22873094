"""Mirrors that answer, break off, alter, hang or refuse; none may cost more than its time."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from swatch.data.integrity import verify
from swatch.data.ways import mirrors as mirrors_module
from swatch.data.ways.mirrors import Mirrors
from swatch.data.ways.way import Unavailable

SILENCE = mirrors_module._SILENCE


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    # Only pooch's own pauses between attempts.
    monkeypatch.setattr("pooch.core.time", SimpleNamespace(sleep=lambda _: None))


def collect(addresses: list[str], tiny: Any, folder: Path, progress: Any) -> dict[str, Path]:
    return dict(Mirrors(addresses, patience=1.0).collect(tiny.train, folder, progress))


def test_files_come_with_progress(tiny: Any, tmp_path: Path, mirror: Any, progress: Any) -> None:
    server = mirror()
    found = collect([server.address], tiny, tmp_path, progress)
    for file in tiny.train:
        verify(found[file.name], file)
    assert [transfer[0] for transfer in progress.transfers] == [
        f"{file.name}.gz from {server.address.split('/')[2]}" for file in tiny.train
    ]
    for transfer, file in zip(progress.transfers, tiny.train, strict=True):
        size = len(server.contents[f"{file.name}.gz"])
        assert transfer[1:] == [size, size, "end"]
    # Nobody asked for the test files.
    assert not [name for name in server.asked if name.startswith("t10k")]


def test_a_server_that_labels_gzip_files_as_compressed_transfer(
    tiny: Any, tmp_path: Path, mirror: Any, progress: Any
) -> None:
    found = collect([mirror("encoded").address], tiny, tmp_path, progress)
    for file in tiny.train:
        verify(found[file.name], file)


def test_a_hiccup_is_tried_again(tiny: Any, tmp_path: Path, mirror: Any, progress: Any) -> None:
    server = mirror("broken once")
    collect([server.address], tiny, tmp_path, progress)
    assert server.asked.count("train-images-idx3-ubyte.gz") == 2


BAD = {
    "missing": "answered with HTTP status 404",
    "images missing": "train-images-idx3-ubyte.gz: answered with HTTP status 404",
    "broken": "answered with HTTP status 503",
    "hanging": "did not answer",
    "stalling": "train-images-idx3-ubyte.gz: did not answer in time",
    "dripping": "slower than 1000 bytes per second",
    "truncated": "broke off the transfer",
    "short": "train-images-idx3-ubyte.gz is truncated",
    "altered": "train-images-idx3-ubyte.gz is altered: expected SHA-256",
    "page": "train-images-idx3-ubyte.gz is no IDX file",
}


@pytest.mark.parametrize("behaviour", BAD)
def test_a_bad_mirror_is_named_with_its_reason_and_the_next_one_tried(
    behaviour: str,
    tiny: Any,
    tmp_path: Path,
    mirror: Any,
    progress: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mirrors_module, "_SILENCE", 0.8)
    bad, good = mirror(behaviour), mirror()
    started = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        collect([bad.address], tiny, tmp_path, progress)
    assert time.monotonic() - started < 5
    assert f"{bad.address} " in str(caught.value)
    assert BAD[behaviour] in str(caught.value)
    assert not list(tmp_path.glob("*images*"))
    found = collect([bad.address, good.address], tiny, tmp_path, progress)
    for file in tiny.train:
        verify(found[file.name], file)


def test_refused_unresolved_and_malformed_addresses(tiny: Any, tmp_path: Path, progress: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    addresses = [f"http://127.0.0.1:{port}/", "http://mirror.invalid/", "mirror/without/scheme"]
    with pytest.raises(Unavailable) as caught:
        collect(addresses, tiny, tmp_path, progress)
    refused, unresolved, malformed = str(caught.value).split("; ")
    assert "refused the connection" in refused
    assert "http://mirror.invalid/ " in unresolved
    assert "mirror/without/scheme/ failed (MissingSchema" in malformed


def test_hanging_mirrors_and_name_servers_cost_their_patience_once(
    tiny: Any, tmp_path: Path, progress: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that never answers, a firewall that drops everything: all are waited for together."""
    over = threading.Event()
    resolve = socket.getaddrinfo

    def hang(host: Any, *arguments: Any, **options: Any) -> Any:
        if "hang" in str(host):
            over.wait(20)
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with socket.socket() as silent:
        # Connections are taken by the kernel, and nobody ever answers them.
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        addresses = [
            f"http://127.0.0.1:{silent.getsockname()[1]}/",
            "http://hang.invalid/",
            "http://hang2.invalid/",
        ]
        started = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            collect(addresses, tiny, tmp_path, progress)
        assert time.monotonic() - started < 2.5
    over.set()
    assert str(caught.value).count("did not answer") == 3


def test_all_mirrors_together_cost_at_most_ten_seconds() -> None:
    """What asking costs, and what the first one that stands still in the middle costs on top."""
    assert Mirrors([]).patience + SILENCE <= 10


def test_no_mirrors(tiny: Any, tmp_path: Path, progress: Any) -> None:
    with pytest.raises(Unavailable, match="none configured"):
        collect([], tiny, tmp_path, progress)
