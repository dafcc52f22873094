"""Running another program that downloads, with its progress read off the folder that it fills."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from swatch.data.progress import Progress

_SILENCE = 20.0  # seconds in which not a byte comes before the program is given up
_POLL = 0.05
_LONGEST = 300  # characters of its last words that a message quotes


class Failed(Exception):  # noqa: N818 - a result
    """The program failed or stood still; says why in its own words."""


def run(command: Sequence[str], folder: Path, progress: Progress, text: str, total: int | None = None) -> str:
    """Run a program in ``folder`` and return what it printed.

    Args:
        command: the program and its arguments.
        folder: it is run there, and is expected to write there as long as it makes progress.
        progress: is told how many bytes are in ``folder``.
        text: what it does, for the progress bar.
        total: how many bytes there will be, if known.

    Raises:
        Failed: it ended with an error, or nothing came for too long.
    """
    progress.begin(text, total)
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        with subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process:
            try:
                moving = _watch(process, folder, progress)
            finally:
                # Does nothing to a program that has ended.
                process.kill()
                progress.end()
        output.seek(0)
        printed = output.read()
    if not moving:
        raise Failed(f"{command[0]}, {text}: nothing came for {_SILENCE:g} s")
    if process.returncode != 0:
        raise Failed(f"{text}: {complaint(printed) or f'{command[0]} failed'}")
    return printed


def _watch(process: subprocess.Popen[bytes], folder: Path, progress: Progress) -> bool:
    """Wait until ``process`` ends; return False if ``folder`` did not change for too long."""
    size, changed = -1, time.monotonic()
    while True:
        try:
            process.wait(_POLL)
            return True
        except subprocess.TimeoutExpired:
            pass
        now = _size(folder)
        if now != size:
            size, changed = now, time.monotonic()
            progress.update(size)
        elif time.monotonic() - changed > _SILENCE:
            return False


def _size(folder: Path) -> int:
    """Return the bytes of all files in a folder, some of which may be renamed meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total


def complaint(printed: str) -> str:
    """Return in one line what apt-get or dpkg-deb complained of; empty if it printed nothing at all.

    apt-get explains a failed transfer in the line after ``Err:``; what it says at the end, after ``E:``, is
    often only a consequence.
    """
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    causes = [after for line, after in pairwise(lines) if line.startswith("Err:")]
    errors = [line[2:].strip() for line in lines if line.startswith("E:")]
    found = list(dict.fromkeys(causes)) or errors or lines[-1:]
    return "; ".join(found)[:_LONGEST]
