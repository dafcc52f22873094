"""Several processes that fill one cache, and one that is killed while it does."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from swatch.data.cache import Cache
from swatch.data.integrity import verify
from swatch.data.library import Library
from swatch.data.ways.folder import Folder

WORKER = """
import json, sys
from pathlib import Path
from swatch.data.cache import Cache
from swatch.data.integrity import IdxFile
from swatch.data.library import Library
from swatch.data.progress import TerminalProgress
from swatch.data.ways.mirrors import Mirrors
cache, address, files = sys.argv[1], sys.argv[2], [IdxFile(**file) for file in json.loads(sys.argv[3])]
library = Library("Tiny", files, None, Cache(Path(cache)), [Mirrors([address])], "dataset-tiny")
print(sorted(path.stat().st_ino for path in library.paths(files, TerminalProgress()).values()))
"""


def worker(tiny: Any, cache: Path, address: str) -> subprocess.Popen[str]:
    files = json.dumps([asdict(file) for file in tiny.files])
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(cache), address, files],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_start_at_once_fetch_once(tiny: Any, tmp_path: Path, mirror: Any) -> None:
    server = mirror()
    workers = [worker(tiny, tmp_path / "cache", server.address) for _ in range(3)]
    outputs = [process.communicate(timeout=60) for process in workers]
    assert [process.returncode for process in workers] == [0, 0, 0], outputs
    assert len({output for output, _ in outputs}) == 1
    downloads = [name for name in server.asked if "images" in name]
    assert sorted(downloads) == ["t10k-images-idx3-ubyte.gz", "train-images-idx3-ubyte.gz"]
    for file in tiny.files:
        verify(tmp_path / "cache" / file.name, file)


def test_a_fetch_that_is_killed_leaves_nothing_half_written(
    tiny: Any, tmp_path: Path, mirror: Any, progress: Any
) -> None:
    server = mirror("dripping")
    process = worker(tiny, tmp_path / "cache", server.address)
    deadline = time.monotonic() + 30
    while not any("images" in name for name in server.asked) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not [path for path in (tmp_path / "cache").iterdir() if path.name in tiny.contents]
    # The lock died with its holder.
    good = Folder("good", tiny.write(tmp_path / "good"))
    cache = Cache(tmp_path / "cache")
    Library("Tiny", tiny.files, None, cache, [good], "dataset-tiny").paths(tiny.files, progress)
    assert {path.name for path in cache.folder.iterdir()} == {".lock", *tiny.contents}
