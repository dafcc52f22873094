"""Fixtures for the tests of the server: one that runs, the real client in this process, and its commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from wandb_server import WandbServer

Command = Callable[..., "subprocess.CompletedProcess[str]"]
Ask = Callable[..., Any]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    """A server to which a client finds by the environment."""
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WANDB_SILENT", "true")
        yield server


@pytest.fixture
def client(server: WandbServer) -> Iterator[Any]:
    """The real library, with a service of its own: it reads keys and addresses once per service."""
    import wandb

    wandb.teardown()
    yield wandb
    if file := os.environ.get("SERVER_GAPS"):  # .ci/newest-wandb reports them
        with Path(file).open("a") as gaps:
            gaps.writelines(f"{gap}\n" for gap in [*server.unexpected, *server.unknown_fields])
    # A service that still tries to reach a failing server would make this wait.
    server.heal()
    server.start()
    wandb.teardown()


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs a command of the environment that the tests run in; its failure is the test's."""

    def run(*arguments: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        done = subprocess.run(
            arguments,
            env={**environment, "WANDB_SILENT": "false", **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def ask(server: WandbServer) -> Ask:
    """Asks the server in GraphQL; returns ``data``."""

    def post(query: str, **variables: Any) -> Any:
        answer = requests.post(
            f"{server.url}/graphql",
            json={"query": query, "variables": variables},
            auth=("api", server.key),
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json()["data"]

    return post
