"""Optuna's dashboard, the real one, on a ledger of ours: names, values, importance and every epoch."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from browsing import running_browser
from made_sweeps import AXES, GrowingSweep

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

TRIALS = 12
START_SECONDS = 60.0
PATIENCE = 20_000
"""Milliseconds."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("optuna_dashboard", reason="optuna-dashboard is not installed")
    sweep = GrowingSweep(tmp_path_factory.mktemp("home"))
    sweep.grow(TRIALS)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "optuna_dashboard._cli", sweep.url, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process)
        yield address
    finally:
        process.terminate()
        process.wait()
        sweep.close()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            urlopen(f"{address}/api/studies", timeout=START_SECONDS).close()
            return
        except URLError:
            if time.monotonic() > end or process.poll() is not None:
                raise
            time.sleep(0.1)


def asked(address: str, path: str) -> Any:
    with urlopen(f"{address}{path}") as answer:
        return json.load(answer)


def test_it_reads_names_values_and_epochs(address: str) -> None:
    (study,) = asked(address, "/api/studies")["study_summaries"]
    assert (study["study_name"], study["directions"]) == ("growing", ["maximize"])
    found = asked(address, f"/api/studies/{study['study_id']}?after=0")
    assert found["objective_names"] == ["val/accuracy"]
    assert {axis["name"] for axis in found["union_search_space"]} == set(AXES)
    (rate,) = [
        axis["distribution"]
        for axis in found["union_search_space"]
        if axis["name"] == "optimizer.learning_rate"
    ]
    assert rate["log"] is True
    assert [trial["number"] for trial in found["trials"]] == list(range(TRIALS))
    assert {trial["state"] for trial in found["trials"]} >= {"Complete", "Pruned"}
    for trial in found["trials"]:
        if trial["state"] == "Complete":
            readings = [reading["value"] for reading in trial["intermediate_values"]]
            assert trial["values"] == [max(readings)]


def test_its_page_shows_them(address: str) -> None:
    study = asked(address, "/api/studies")["study_summaries"][0]["study_id"]
    with running_browser() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{address}/dashboard/studies/{study}")
        # The names beside the bars of the importance, and the curve of a trial.
        for text in ("optimizer.learning_rate", "trial #0", "val/accuracy"):
            page.get_by_text(text).first.wait_for(timeout=PATIENCE)
        assert not troubles
