"""A run's page: what it says of runs that went well, badly, or are still going."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from made_runs import history, make_run

from swatch.cli import run
from swatch.compose import compose
from swatch.errors import UserError
from swatch.report.run import config_rows
from swatch.report.run import page as run_page
from swatch.report.run.config_rows import ConfigRow
from swatch.report.run.curves import constants, panels
from swatch.report.run.view import read_view
from swatch.tracking.naming import trained_values


def page_of(folder: Path) -> str:
    return run_page.render(read_view(folder))


def data_of(html: str) -> Any:
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', html)
    assert found is not None
    return json.loads(found[1])


def test_a_finished_run(tmp_path: Path) -> None:
    html = page_of(make_run(tmp_path, "done").path)
    assert "<h1>Validation accuracy 0.9000 in epoch 4 of 4</h1>" in html
    assert "It finished after 6.0 s." in html and "12,345" in html and "2.4.6" in html
    assert "swatch train epochs=4 optimizer=adam" in html
    # The last of the ten images is taken for another class.
    assert html.count('<li class="right"><img') == 9 and html.count('<li class="wrong"><img') == 1
    assert data_of(html)["best"] == 4
    # It needs nothing but itself.
    document, _, scripts = html.partition('id="plotly-source"')
    assert not re.search(r'(?:src|href)="(?!data:)', document) and "Plotly" in scripts


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "failed", "reason": "diverged", "epochs": 2}, "It failed after 3.0 s: diverged."),
        ({"status": "stopped", "reason": "too slow"}, "It was stopped early after 6.0 s: too slow."),
        ({"status": None, "epochs": 3}, "It was interrupted and can go on"),
        ({"status": "odd"}, "It ended as &#39;odd&#39; after 6.0 s."),
    ],
)
def test_how_it_ended(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    assert said in page_of(make_run(tmp_path, "run", **changes).path)


def test_a_run_that_is_going_has_its_epochs_so_far(tmp_path: Path) -> None:
    directory = make_run(tmp_path, "going", status=None, epochs=3, config={"epochs": 9}, whole=False)
    with directory.locked():
        html = page_of(directory.path)
    assert "It is running: 3 of 9 epochs are over." in html and "What it takes for what" not in html
    assert "in epoch 3 of 3" in html and data_of(html)["best"] == 3


def test_a_run_that_failed_at_once_shows_where(tmp_path: Path) -> None:
    directory = make_run(tmp_path, "bad", status="failed", reason="no data", epochs=0, whole=False)
    (directory.path / "traceback.txt").write_text("File <x>, line 3")
    html = page_of(directory.path)
    assert "The run failed before its first epoch was over" in html
    assert "File &lt;x&gt;, line 3" in html and "How it went" not in html


@pytest.mark.parametrize(
    ("file", "contents"),
    [
        ("config.yaml", b"x: ["),
        ("config.yaml", b"- 1"),
        ("summary.json", b"{"),
        ("run.json", b"[]"),
        ("run.json", b'{"name": "n"}'),
        ("overrides.yaml", b"a: b"),
        ("history.jsonl", b"nonsense\n{}\n"),
        ("history.jsonl", b"\xff\xfe\n"),
        ("confusion_matrix.json", b"[1, 2]"),
        ("samples.npz", b"no archive"),
        ("traceback.txt", b"\xff"),
    ],
)
def test_a_damaged_part_is_named_and_the_rest_is_shown(tmp_path: Path, file: str, contents: bytes) -> None:
    directory = make_run(tmp_path, "hurt")
    (directory.path / file).write_bytes(contents)
    html = page_of(directory.path)
    assert f"{file} is damaged" in html and "The page shows the rest." in html
    shown = [title in html for title in ("How it went", "What it takes for what", "What it says of some")]
    assert sum(shown) >= 2


def test_how_it_goes_on_or_is_trained_again(tmp_path: Path) -> None:
    overrides = ["epochs=4", "model.hidden_sizes=[16, 8]", "run.id=mine"]
    for run_id, changes, command in (
        ("done", {}, "swatch train epochs=4 'model.hidden_sizes=[16, 8]'"),
        ("left", {"status": None}, "swatch train epochs=4 'model.hidden_sizes=[16, 8]' run.id=mine"),
        ("trial", {"status": None, "sweep_id": "some-sweep"}, "swatch sweep --resume some-sweep"),
    ):
        directory = make_run(tmp_path, run_id, **changes)
        directory.overrides_file.write_text(json.dumps(overrides))
        assert run_page.command_again(read_view(directory.path)) == command


def test_overrides_without_effect_are_not_shown(tmp_path: Path) -> None:
    overrides = ["epochs=9", "model={dropout: 0.1}", "seed=1", "epochs=4", "model={width: 8}", "seed=1"]
    directory = make_run(tmp_path, "done")
    directory.overrides_file.write_text(json.dumps(overrides))
    html = page_of(directory.path)
    kept = ["model={dropout: 0.1}", "epochs=4", "model={width: 8}", "seed=1"]
    assert re.findall(r"<li>(.*?)</li>", html) == kept
    assert run_page.command_again(read_view(directory.path)) == shlex.join(["swatch", "train", *kept])


def test_what_never_changes_is_a_sentence_and_no_figure(tmp_path: Path) -> None:
    directory = make_run(tmp_path, "done")
    records = [json.loads(line) for line in directory.history_file.read_text().splitlines()]
    changes = {"momentum": 0.9, "train/accuracy": 0.1, "val/accuracy": 0.1, "seconds": 2.0}
    lines = [json.dumps(record | changes) + "\n" for record in records]
    directory.history_file.write_text("".join(lines))
    html = page_of(directory.path)
    assert "The same in every epoch: momentum 0.9.</p>" in html
    titles = [panel["title"] for panel in data_of(html)["panels"]]
    assert titles == ["accuracy", "loss", "learning rate", "seconds"]
    # Of one epoch nothing can be said, and one that lacks the value differs.
    assert constants([records[0] | changes]) == {}
    assert constants([*([records[0] | changes] * 2), records[1]]) == {}


def test_odd_values_are_left_out(tmp_path: Path) -> None:
    directory = make_run(tmp_path, "odd")
    summary = json.loads(directory.summary_file.read_text())
    changes = {
        "best": {"epoch": "x", "val/accuracy": None},
        "timings": 3,
        "versions": None,
        "parameters": "many",
    }
    directory.summary_file.write_text(json.dumps(summary | changes))
    with directory.history_file.open("a") as stream:
        stream.write('{"epoch": 5, "val/accuracy": NaN, "train/loss": "high"}\n[1]\n')
    html = page_of(directory.path)
    assert "No epoch was finished" in html and "history.jsonl is damaged: 1 line of 6 left out" in html
    accuracy = next(panel for panel in data_of(html)["panels"] if panel["title"] == "accuracy")
    assert accuracy["series"][0]["y"] == [0.225, 0.45, 0.675, 0.9, None]


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no run directory"):
        read_view(tmp_path)


def test_figures_put_the_same_quantity_together() -> None:
    found = panels(history(5))
    assert [panel["title"] for panel in found] == ["accuracy", "loss", "learning rate", "seconds"]
    assert [line["name"] for line in found[0]["series"]] == ["validation", "training"]
    # It falls by more than three powers of ten.
    assert [panel["isLog"] for panel in found] == [False, False, True, False]
    assert panels([{"score": 1.0}, {"score": 2.0}])[0]["series"][0]["x"] == [1.0, 2.0]


def test_keys_that_are_not_the_defaults_are_marked() -> None:
    config = {"epochs": 3, "optimizer._target_": "a.b.Adam", "optimizer.beta1": 0.9, "new": None}
    defaults = {"epochs": 5, "optimizer._target_": "a.c.SGD", "optimizer.beta1": 0.9}
    assert config_rows.config_rows(config, defaults) == [
        ConfigRow("epochs", 3, 5, True),
        ConfigRow("optimizer", "Adam", "SGD", True),
        ConfigRow("optimizer.beta1", 0.9, 0.9, False),
        ConfigRow("new", None, None, True),
    ]
    assert not any(row.differs for row in config_rows.config_rows(config, None))


def test_the_defaults_are_those_of_the_train_command(tmp_path: Path) -> None:
    assert config_rows.default_values() == trained_values(compose().plain)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "train.yaml").write_text("x: [")
    assert config_rows.default_values() is None


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = make_run(tmp_path / "runs", "done")
    assert run(["report", "done"]) == 0
    assert capsys.readouterr().out == f"Report: {directory.path / 'report.html'}\n"
    assert "Validation accuracy 0.9000" in (directory.path / "report.html").read_text()
    assert run(["report", str(directory.path), "--output", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").read_text() == (directory.path / "report.html").read_text()
    assert run(["report", "dnoe"]) == 2
    assert "there is no run or sweep 'dnoe'" in (error := capsys.readouterr().err)
    assert "Did you mean 'done'?" in error
