"""What the dashboard answers, and whom."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from asking import ask
from made_runs import make_run
from made_sweeps import GrowingSweep

from swatch.dashboard.app import Dashboard, make_app
from swatch.dashboard.guard import allowed_hosts
from swatch.dashboard.run_pages import MOST_COMPARED
from swatch.report.sweep import page as sweep_page

HOSTILE = "</script><script>alert(1)</script>\"'&"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three runs, of which one failed and one is damaged."""
    home = tmp_path / "home"
    make_run(home, "good", sweep_id="growing")
    make_run(home, "better", best=0.95, config={"seed": 1})
    (
        make_run(home, "bad", status="failed", reason="diverged: loss is nan").path / "traceback.txt"
    ).write_text("Traceback\nRunFailed: diverged")
    make_run(home, "hurt")
    (home / "hurt" / "config.yaml").write_text("x: [")
    (home / "hurt" / "samples.npz").write_bytes(b"no archive")
    return home


@pytest.fixture
def app(home: Path) -> Any:
    return make_app(Dashboard(home))


def test_the_front_page_and_what_it_needs_come_from_here(app: Any) -> None:
    page = ask(app, "/")
    assert page.status == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert "/static/dashboard.js" in addresses and not any("//" in address for address in addresses)
    for address in addresses:
        if address.startswith("/static/"):
            assert ask(app, address).status == 200
    assert len(ask(app, "/static/plotly.js?v=1").body) > 1_000_000


def test_the_rows_and_then_only_what_is_new(app: Any) -> None:
    news = ask(app, "/rows?runs=0&sweeps=0").json
    assert {row["id"] for row in news["runs"]["rows"]} == {"good", "better", "bad", "hurt"}
    again = ask(app, f"/rows?runs={news['runs']['revision']}&sweeps={news['sweeps']['revision']}").json
    assert again["runs"]["rows"] == [] and not again["runs"]["all"]
    assert ask(app, "/rows?runs=²&sweeps=-1").json["runs"]["all"]


def test_a_runs_page(app: Any, home: Path) -> None:
    page = ask(app, "/runs/good")
    assert "Validation accuracy 0.9000 in epoch 4 of 4" in page.text
    assert 'data-address="/static/plotly.js' in page.text and len(page.body) < 500_000
    # The sweep that it names is not there, so that there is no link to it.
    assert "/sweeps/growing" not in page.text
    GrowingSweep(home).close()
    assert 'href="/sweeps/growing"' in ask(make_app(Dashboard(home)), "/runs/good").text
    failed = ask(app, "/runs/bad").text
    assert "RunFailed: diverged" in failed and "It failed after 6.0 s: diverged: loss is nan." in failed
    hurt = ask(app, "/runs/hurt").text
    assert "config.yaml is damaged" in hurt and "samples.npz is damaged" in hurt and "Per class" in hurt


def test_a_version_changes_with_the_run(app: Any, home: Path) -> None:
    first = ask(app, "/runs/good/version").text
    assert ask(app, "/runs/good/version").text == first
    with (home / "good" / "history.jsonl").open("a") as stream:
        stream.write('{"epoch": 5}\n')
    assert ask(app, "/runs/good/version").text != first
    assert ask(app, "/runs/nothing/version").status == 404


def test_a_comparison_leaves_out_what_cannot_be_read(app: Any) -> None:
    page = ask(app, "/compare?run=good&run=better&run=hurt")
    assert "name of better is the best of 2 runs" in page.text
    assert "hurt is no run directory, or damaged" in page.text and 'href="/runs/good"' in page.text
    version = ask(app, "/compare/version?run=good&run=better")
    assert version.status == 200 and len(version.text) == 16
    one = ask(app, "/compare?run=good&run=hurt")
    assert one.status == 422 and "needs at least two runs" in one.text
    unknown = ask(app, "/compare?run=good&run=beter")
    assert unknown.status == 422 and "Did you mean &#39;better&#39;?" in unknown.text


def test_a_comparison_has_a_limit(home: Path) -> None:
    names = [f"run-{number}" for number in range(MOST_COMPARED + 1)]
    for name in names:
        make_run(home, name, epochs=1, whole=False)
    app = make_app(Dashboard(home))
    answer = ask(app, "/compare?" + "&".join(f"run={name}" for name in names))
    assert answer.status == 422 and f"at most {MOST_COMPARED} runs" in answer.text


def test_a_sweeps_page_and_its_other_views(app: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = GrowingSweep(home)
    sweep.grow(4)
    sweep.close()
    make_run(home, "growing-001", sweep_id="growing")
    app = make_app(Dashboard(home))
    page = ask(app, "/sweeps/growing").text
    assert f"optuna-dashboard {sweep.url}" in page and 'data-live="/sweeps/growing/version"' in page
    assert 'href="/runs/growing-001"' in page and 'href="/runs/growing-000"' not in page
    version = ask(app, "/sweeps/growing/version")
    assert version.status == 200

    def render(*_: Any, **__: Any) -> str:
        raise AssertionError("an unchanged sweep is rendered again")

    monkeypatch.setattr(sweep_page, "render", render)
    assert ask(app, "/sweeps/growing").text == page
    missing = ask(app, "/sweeps/growin")
    assert missing.status == 404 and "Did you mean &#39;growing&#39;?" in missing.text


def test_an_evaluation_is_shown_in_a_sandbox(app: Any, home: Path) -> None:
    assert ask(app, "/runs/good/evaluation/val").status == 404
    (home / "good" / "evaluation_val.html").write_text("<h1>evaluated</h1>")
    answer = ask(app, "/runs/good/evaluation/val")
    assert answer.text == "<h1>evaluated</h1>"
    assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    assert ask(app, "/runs/good/evaluation/other").status == 404


@pytest.mark.parametrize(
    "address",
    [
        *("/runs/..", "/runs/%2e%2e", "/runs/..%2f..%2fetc", "/runs/../../etc/passwd", "/runs//etc"),
        *("/static/..%2frendering.py", "/static/page.js.map", "/runs/good/evaluation/..%2fconfig.yaml"),
        *("/runs/good/config.yaml", "/sweeps/..", "/nothing", "/runs/sweeps"),
    ],
)
def test_no_path_leads_out_of_the_lists(app: Any, address: str) -> None:
    answer = ask(app, address)
    assert answer.status == 404 and "_target_" not in answer.text and "def " not in answer.text


@pytest.mark.parametrize("address", ["/", "/rows?runs=0", "/runs/good", "/compare?run=good", "/nothing"])
def test_every_answer_says_what_it_may_load_and_is_for_this_machine_alone(app: Any, address: str) -> None:
    headers = ask(app, address).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'nonce-")
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert "http" not in policy
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    # A name that some web site lets point to this machine.
    stranger = ask(app, address, host="rebound.example:8484")
    assert stranger.status == 400 and "good" not in stranger.text
    assert ask(app, address, host="localhost:8484").status != 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_there_is_nothing_to_be_written(app: Any, method: str) -> None:
    assert ask(app, "/runs/good", method=method).status == 405


def test_the_pages_own_scripts_alone_carry_the_nonce(app: Any, home: Path) -> None:
    directory = make_run(home, "hostile")
    summary = json.loads(directory.summary_file.read_text())
    directory.summary_file.write_text(json.dumps({**summary, "status": "failed", "reason": HOSTILE}))
    (directory.path / "traceback.txt").write_text(HOSTILE)
    directory.overrides_file.write_text(json.dumps([HOSTILE]))
    page = ask(make_app(Dashboard(home)), "/runs/hostile").text
    assert "<script>" not in page and "alert(1)" in page
    assert len(re.findall(r'<script nonce="[\w-]{20,}">', page)) == 1


def test_looking_at_everything_writes_nothing(app: Any, home: Path) -> None:
    before = sorted(str(path) for path in home.rglob("*"))
    for address in ("/", "/rows", "/runs/good", "/runs/bad", "/compare?run=good&run=better"):
        assert ask(app, address).status == 200
    assert sorted(str(path) for path in home.rglob("*")) == before


def test_hosts_by_which_it_may_be_asked() -> None:
    assert allowed_hosts("127.0.0.1") == ["127.0.0.1", "localhost"]
    assert allowed_hosts("127.0.0.1", ["proxy.example"])[-1] == "proxy.example"
    everywhere = allowed_hosts("0.0.0.0")
    assert "*" not in everywhere and "0.0.0.0" not in everywhere and len(everywhere) > 2
