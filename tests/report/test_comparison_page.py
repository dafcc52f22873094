"""The comparison's page: what it says and what its figures draw."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from made_runs import make_run
from made_sweeps import GrowingSweep

from swatch.cli import run
from swatch.evaluation.comparing import best_of, compare, read_run
from swatch.metrics import McNemar
from swatch.report.comparison import page as comparison_page
from swatch.report.frame import Frame


def test_the_page_and_its_data(tmp_path: Path) -> None:
    long = "a-run-with-a-long-name-of-words"
    runs = [
        read_run(make_run(tmp_path, "first", best=0.8, config={"seed": 1}, epochs=3)),
        read_run(make_run(tmp_path, "second", best=0.9, config={"seed": 2}, epochs=3)),
        read_run(make_run(tmp_path, long, best=0.7, config={"epochs": 7}, epochs=2)),
    ]
    comparison = compare(runs)
    monitor, best = best_of(runs)
    assert (monitor, best) == ("val/accuracy", 1)
    pairs = {(1, 0): McNemar(9, 1, 0.02), (0, 1): McNemar(1, 9, 0.02), (1, 2): McNemar(5, 4, 0.9)}
    html = comparison_page.render(comparison, monitor, best, pairs, left_out=["left out: <this>"])
    assert "<h1>name of second is the best of 3 runs: validation accuracy 0.9000</h1>" in html
    assert f"not clearly better than {long} (McNemar" in html
    assert "left out: &lt;this&gt;" in html
    assert "2 seeds of name of first: validation accuracy 0.8500 ± 0.0707" in html
    document, _, scripts = html.partition('id="plotly-source"')
    assert not re.search(r'(?:src|href)="(?!data:)', document) and "Plotly" in scripts

    data = comparison_page.page_data(comparison, monitor, best, pairs)
    assert data["metrics"][0] == ["val/accuracy", "validation accuracy"]
    assert data["groups"] == [[0, 1]] and data["tests"]["1 0"] == [9, 1, 0.02]
    assert [each["name"] for each in data["runs"]][2] == long
    assert data["runs"][0]["x"] == [1, 2, 3]
    # These summaries hold no matrix.
    assert data["runs"][0]["matrix"] is None


def test_only_served_pages_link_to_runs(tmp_path: Path) -> None:
    runs = [read_run(make_run(tmp_path, name)) for name in ("one", "two")]
    frame = Frame(plotly="/p.js", find_run=lambda run_id: f"/runs/{run_id}" if run_id == "one" else None)
    html = comparison_page.render(compare(runs), "val/accuracy", 0, {}, frame=frame)
    assert 'href="/runs/one"' in html and 'href="/runs/two"' not in html
    assert "p against the best" not in html


def test_runs_without_results_stand_side_by_side(tmp_path: Path) -> None:
    runs = [read_run(make_run(tmp_path, name, status=None, epochs=0, whole=False)) for name in ("one", "two")]
    comparison = compare(runs)
    html = comparison_page.render(comparison, *best_of(runs), {})
    assert "<h1>2 runs side by side</h1>" in html
    assert comparison_page.page_data(comparison, "val/accuracy", 0, {})["metrics"] == []


def test_a_sweep_with_a_nearer_name_is_offered_before_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "runs"
    make_run(home, "growing-000-ab12")
    GrowingSweep(home)
    monkeypatch.setenv("SWATCH_HOME", str(home))
    assert run(["compare", "growign"]) == 2
    assert "no run or sweep 'growign'" in (error := capsys.readouterr().err)
    assert "Did you mean 'growing'?" in error
    assert run(["compare", "growing-000-ab21"]) == 2
    assert "Did you mean 'growing-000-ab12'?" in capsys.readouterr().err
