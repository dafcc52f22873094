"""The dashboard of sweeps that are kept in a PostgreSQL server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import ask
from postgresql_server import PASSWORD, Server, postgresql
from process_cases import command, finish, started, wait_for, write_function_sweep

from swatch.cli import run
from swatch.dashboard.app import Dashboard, make_app

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("postgresql")]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql() as running:
        yield running


def row_of(app: Any) -> dict[str, Any]:
    rows = ask(app, "/rows").json["sweeps"]["rows"]
    return rows[0] if rows else {}


def test_a_sweep_in_a_server_is_followed_to_its_end(server: Server, tmp_path: Path) -> None:
    url = server.database()
    write_function_sweep(tmp_path)
    with started(command("--storage", url, count=2), tmp_path) as process:
        wait_for(lambda: (tmp_path / "runs" / "sweeps" / "s").is_dir(), "the sweep")
        app = make_app(Dashboard(tmp_path / "runs", url))
        wait_for(lambda: row_of(app).get("states") == {"running": 2}, "two trials that run")
        assert row_of(app)["state"] == "running" and row_of(app)["problem"] is None
        version = ask(app, "/sweeps/s/version").text
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    wait_for(lambda: row_of(app)["state"] == "finished", "the sweep's end on the page")
    assert row_of(app)["states"] == {"finished": 2}
    wait_for(lambda: ask(app, "/sweeps/s/version").text != version, "a newer page")
    page = ask(app, "/sweeps/s")
    assert page.status == 200 and "optuna-dashboard" in page.text
    runs = [trial["id"] for trial in ask(app, "/rows").json["runs"]["rows"]]
    assert len(runs) == 2
    for address in ("/rows", "/", "/sweeps/s", *(f"/runs/{run_id}" for run_id in runs)):
        assert PASSWORD not in ask(app, address).text, address


def test_no_message_shows_the_password(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runs").mkdir()
    url = server.database()
    assert run(["sweep", "--status", "--storage", url]) == 2
    assert "it holds no Swatch sweeps" in capsys.readouterr().err
    unreachable = re.sub(r":\d+/", ":1/", url)
    for words in (["dashboard"], ["dashboard", "s"], ["sweep", "--status"], ["best", "s"]):
        assert run([*words, "--storage", unreachable]) == 2, words
        said = capsys.readouterr()
        assert said.err.count("\n") == 1 and "Connection refused" in said.err, said.err
        assert PASSWORD not in said.out + said.err
    app = make_app(Dashboard(tmp_path / "runs", unreachable))
    told = ask(app, "/rows").text
    assert "Connection refused" in told and PASSWORD not in told
