"""Workspaces and reports, through W&B's library, on the tests' server."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from workspace_views import Views

from wandb_server import KEY, WandbServer

pytest.importorskip("wandb_workspaces", reason="needs the extra 'workspace'")

from swatch.errors import UserError
from swatch.files import make_folder, write_json
from swatch.report.workspace import set_up
from swatch.report.workspace.saving import view_name
from swatch.sweep import run as sweep
from swatch.sweep.home import default_home, storage_of, sweep_folder
from swatch.sweep.ledger import Ledger
from swatch.sweep.wandb_engine.opening import REMOTE_FILE
from swatch.tracking.registration import register, remember

SWEEP = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [3, 1, 2]}},
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.store.projects.append(("someone", "swatch"))
        yield server


@pytest.fixture
def views(server: WandbServer, monkeypatch: pytest.MonkeyPatch) -> Views:
    views = Views()
    views.install(monkeypatch)
    return views


def train(parameters: dict[str, Any]) -> float:
    return float(parameters["x"])


@pytest.fixture
def finished() -> None:
    sweep(SWEEP, train, name="mine", tracking="disabled")


def section_names(view: Any) -> list[str]:
    return [section["name"] for section in view.spec["section"]["panelBankConfig"]["sections"]]


def filters(spec: dict[str, Any]) -> list[tuple[str, str, str]]:
    (runset,) = spec["section"]["runSets"]
    return [(f["key"]["section"], f["key"]["name"], f["value"]) for f in runset["filters"]["filters"]]


def test_a_projects_workspace_and_report(server: WandbServer, views: Views) -> None:
    found = set_up(report=True)
    (view,), (report,) = views.of("project-view"), views.of("runs")
    assert found.workspace == f"{server.url}/someone/swatch?nw={view_name('someone', 'swatch', '')}"
    assert found.report is not None and found.report.startswith(
        f"{server.url}/someone/swatch/reports/Swatch--"
    )
    assert view.display_name == report.display_name == "Swatch"
    assert section_names(view) == ["runs", "val", "train", "test", "schedule", "speed"]
    settings = view.spec["section"]["settings"]
    assert settings["xAxis"] == "epoch" and settings["xAxisActive"] is True
    assert settings["shouldAutoGeneratePanels"] is False
    assert filters(view.spec) == []
    headings = [b["children"][0]["text"] for b in report.spec["blocks"] if b["type"] == "heading"]
    assert headings == section_names(view)
    grids = [b["metadata"] for b in report.spec["blocks"] if b["type"] == "panel-grid"]
    assert {grid["runSets"][0]["project"]["name"] for grid in grids} == {"swatch"}
    assert not server.unexpected


@pytest.mark.usefixtures("finished")
def test_a_registered_sweep_is_filtered_by_its_id_on_the_server(server: WandbServer, views: Views) -> None:
    ledger = Ledger(storage_of(default_home(), "mine", None))
    remote = register(SWEEP, entity=None, project="elsewhere", name="mine", custom=True)
    ledger.update_sweep("mine", options=remember({}, remote))
    ledger.close()
    found = set_up("mine", report=True)
    (view,), (report,) = views.of("project-view"), views.of("runs")
    assert (view.entity, view.project, view.display_name) == ("someone", "elsewhere", "Swatch mine")
    assert filters(view.spec) == [("run", "sweep", remote.sweep_id)]
    (runset,) = view.spec["section"]["runSets"]
    assert runset["sort"]["keys"] == [{"key": {"section": "summary", "name": "loss"}, "ascending": True}]
    assert runset["runFeed"]["columnOrder"] == [
        "run:displayName",
        "run:state",
        "summary:loss",
        "config:x.value",
    ]
    assert section_names(view) == ["sweep", "metrics"]
    code = next(b for b in report.spec["blocks"] if b["type"] == "code-block")
    assert "method: grid" in str(code)
    assert found.notice == ""


@pytest.mark.usefixtures("finished", "server")
def test_a_sweep_that_the_server_does_not_know_is_shown_by_its_group(views: Views) -> None:
    found = set_up("mine")
    (view,) = views.all
    assert filters(view.spec) == [("run", "group", "mine")]
    assert "`swatch sync mine`" in found.notice
    assert found.report is None


@pytest.mark.usefixtures("server")
def test_a_sweep_of_wandbs_engine_by_its_path(views: Views) -> None:
    remote = register(SWEEP, entity=None, project="swatch", name=None, custom=False)
    set_up(remote.path)
    (view,) = views.all
    assert filters(view.spec) == [("run", "sweep", remote.sweep_id)]
    with pytest.raises(UserError, match="stands in someone/swatch; leave out"):
        set_up(remote.path, project="other")


@pytest.mark.usefixtures("server")
def test_a_sweep_of_wandbs_engine_that_was_started_here_by_its_id(
    views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = register(SWEEP, entity=None, project="swatch", name=None, custom=False)
    folder = make_folder(sweep_folder(default_home(), remote.sweep_id))
    write_json(folder / REMOTE_FILE, {"remote": remote.as_dict(), "overrides": []})
    set_up(remote.sweep_id)
    (view,) = views.all
    assert filters(view.spec) == [("run", "sweep", remote.sweep_id)]

    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(UserError, match=f"stands on {remote.base_url}, not on http://127.0.0.1:9"):
        set_up(remote.sweep_id)


@pytest.mark.usefixtures("server")
def test_doing_it_again_keeps_one_view_and_one_report(views: Views) -> None:
    first = set_up(report=True)
    assert set_up(report=True) == first
    assert [view.saves for view in views.all] == [2, 2]


@pytest.mark.usefixtures("server")
def test_sections_of_the_users_own_stay(views: Views) -> None:
    import wandb_workspaces.reports.v2 as wr
    import wandb_workspaces.workspaces as ws

    address = set_up().workspace
    workspace = ws.Workspace.from_url(address)
    workspace.sections = [
        ws.Section(name="my own", panels=[wr.LinePlot(y=["val/loss"])]),
        *workspace.sections[:2],
    ]
    workspace.save()
    assert set_up().workspace == address
    assert section_names(views.all[0]) == ["runs", "val", "train", "test", "schedule", "speed", "my own"]


def test_other_projects_and_entities(server: WandbServer, views: Views) -> None:
    server.store.projects.append(("team", "vision"))
    set_up(entity="team", project="vision")
    assert (views.all[0].entity, views.all[0].project) == ("team", "vision")
    with pytest.raises(UserError, match="has no project team/visoin"):
        set_up(entity="team", project="visoin")


def test_a_missing_library_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("wandb_workspaces")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "wandb_workspaces", None)
    with pytest.raises(UserError, match=r"not installed: pip install 'swatch\[workspace\]'"):
        set_up()


@pytest.mark.usefixtures("views")
def test_no_key(server: WandbServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_API_KEY")
    with pytest.raises(UserError, match=r"no API key is configured .* `wandb login`"):
        set_up()
    assert not server.requests


@pytest.mark.usefixtures("views")
def test_a_server_that_is_down(server: WandbServer) -> None:
    server.stop()
    with pytest.raises(UserError, match="does not answer"):
        set_up()


@pytest.mark.usefixtures("views")
def test_a_revoked_key(server: WandbServer) -> None:
    server.revoke_key()
    with pytest.raises(UserError, match="HTTP 401") as caught:
        set_up()
    assert KEY not in str(caught.value)


@pytest.mark.usefixtures("views")
def test_a_server_that_refuses_the_view(server: WandbServer) -> None:
    server.fail(status=403, where="upsertView", body='{"errors": [{"message": "not for you"}]}')
    started = time.monotonic()
    with pytest.raises(UserError, match=r"was not saved at http.*: not for you") as caught:
        set_up()
    assert "\n" not in str(caught.value)
    assert time.monotonic() - started < 20


def test_nothing_is_printed_or_left_on_the_disk(
    server: WandbServer,
    views: Views,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")  # set once a process, against wandb's telemetry
    before = set(tmp_path.rglob("*"))
    environment = dict(os.environ)
    set_up(report=True)
    assert len(views.all) == 2
    assert set(tmp_path.rglob("*")) == before
    # By this wandb finds its own background process again.
    assert {key: value for key, value in os.environ.items() if key != "WANDB_SERVICE"} == environment
    assert capfd.readouterr() == ("", "")
