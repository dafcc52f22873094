"""The server as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import requests

from wandb_server import KEY

TESTS = Path(__file__).parents[1]


def test_it_prints_its_address_and_serves() -> None:
    command = [sys.executable, "-m", "wandb_server", "--entity", "us"]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            query = {"query": "{ viewer { entity } }"}
            answer = requests.post(f"{url}/graphql", json=query, auth=("api", KEY), timeout=10)
            assert answer.json() == {"data": {"viewer": {"entity": "us"}}}
            assert process.stdout.readline() == f"export WANDB_BASE_URL={url} WANDB_API_KEY={KEY}\n"
            assert process.stdout.readline() == "200 POST /graphql viewer\n"
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
