"""``swatch dashboard`` as it is typed."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from made_runs import make_run
from made_sweeps import GrowingSweep

from swatch.cli import run
from swatch.dashboard.serving import listen
from swatch.errors import UserError


def test_a_port_in_use_is_answered_with_a_free_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    make_run(tmp_path / "runs", "one")
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert run(["dashboard", "--port", str(port)]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and f"port {port} on 127.0.0.1 is in use" in error
        free = re.search(r"--port (\d+) is free", error)
        assert free is not None
        listen("127.0.0.1", int(free[1])).close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "99999"], "--port must be from 0 to 65535, not 99999"),
        (["--host", "192.0.2.1"], "--host 192.0.2.1 is no address of this machine"),
        (["growin"], "there is no sweep 'growin' in .*Did you mean 'growing'"),
        (["--home", "nowhere"], "there is no folder .*nowhere with runs"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    GrowingSweep(tmp_path / "runs").close()
    assert run(["dashboard", *arguments]) == 2
    assert re.search(said, capsys.readouterr().err)


def test_a_host_name_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match="is no address of this machine"):
        listen("no.such.host.invalid", 0)


def test_it_prints_its_address_serves_and_ends_at_once(tmp_path: Path) -> None:
    GrowingSweep(tmp_path / "runs").close()
    command = [sys.executable, "-m", "swatch", "dashboard", "growing", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stderr is not None
        said = r"Dashboard: (http://127\.0\.0\.1:(\d+))/sweeps/growing  \(Ctrl-C ends it\)\n"
        found = re.fullmatch(said, process.stdout.readline())
        assert found is not None
        with urllib.request.urlopen(f"{found[1]}/rows") as answer:
            assert b'"growing"' in answer.read()
        # A browser keeps its connection open; that must not keep the server.
        with socket.create_connection(("127.0.0.1", int(found[2]))):
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
            assert time.monotonic() - began < 3
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()
