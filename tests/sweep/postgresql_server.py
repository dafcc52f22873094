"""A PostgreSQL server of the tests' own, on a free port and in a folder that goes with it."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "not-to-be-seen"
WHO = "nobody"


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs: Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


class Server:
    """A running server, which makes databases."""

    def __init__(self, port: int) -> None:
        self._port, self._numbers = port, itertools.count()

    def database(self, template: str = "template1") -> str:
        """Make a database, as a copy of another one's, and return its URL."""
        import psycopg

        name = f"swatch_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)

    def url(self, name: str) -> str:
        """Return the URL of a database of that name."""
        return f"postgresql://swatch:{PASSWORD}@127.0.0.1:{self._port}/{name}"


@contextmanager
def postgresql() -> Iterator[Server]:
    """Run a server; the test is skipped where PostgreSQL is not installed.

    PostgreSQL refuses to run as root, so root runs it as somebody else.
    """
    bin_folder = programs()
    if bin_folder is None:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="swatch-postgresql-") as name, socket.socket() as probe:
        folder = Path(name)
        who = pwd.getpwnam(WHO).pw_uid if os.geteuid() == 0 else None
        if who is not None:
            os.chown(folder, who, -1)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        (secret := folder / "password").write_text(PASSWORD)

        def run(*words: str | Path) -> None:
            subprocess.run(words, cwd=folder, user=who, check=True, stdout=subprocess.DEVNULL, timeout=120)

        data = folder / "data"
        run(
            *(bin_folder / "initdb", "-D", data, "-U", "swatch", "-E", "UTF8", "--no-sync"),
            *("--auth=scram-sha-256", f"--pwfile={secret}"),
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        control = (bin_folder / "pg_ctl", "-D", data, "-w")
        run(*control, "-l", data / "log", "-o", options, "start")
        try:
            yield Server(port)
        finally:
            run(*control, "-m", "immediate", "stop")
