"""Every key that the panels name is there in a run that was really tracked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from workspace_views import Views

from swatch.cli import run
from wandb_server import Run, WandbServer

pytest.importorskip("wandb_workspaces", reason="needs the extra 'workspace'")


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """All dicts within a spec."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(item)


def named(spec: dict[str, Any]) -> dict[str, set[str]]:
    """Where the panels look, to the keys that they look for there."""
    found: dict[str, set[str]] = {"history": set(), "summary": set(), "config": set()}
    for panel in nodes(spec):
        config = panel.get("config")
        match panel.get("viewType"):
            case "Run History Line Plot":
                found["history"] |= {*config["metrics"], config["xAxis"]}
            case "Media Browser":
                found["history"] |= set(config["mediaKeys"])
            case "Scalar Chart":
                found["summary"] |= set(config["metrics"])
            case "Parameter Importance":
                found["summary"].add(config["targetKey"])
            case "Parallel Coordinates Plot":
                for column in config["columns"]:
                    section, _, key = column["accessor"].partition(":")
                    found[section].add(key)
            case "Vega2":
                found["summary"].add(table_key(config))
            case "Weave":
                found["summary"].add(config["panel2Config"]["exp"]["fromOp"]["inputs"]["key"]["val"])
    return found


def charts(value: Any) -> dict[str, list[Any]]:
    """The table of every native chart to what is drawn of it."""
    configs = [node for node in nodes(value) if "panelDefId" in node]
    settings = ("panelDefId", "fieldSettings", "stringSettings")
    return {table_key(config): [config[key] for key in settings] for config in configs}


def table_key(config: dict[str, Any]) -> str:
    (key,) = (node["value"] for node in nodes(config) if node.get("name") == "tableKey")
    return str(key)


def value_at(config: dict[str, Any], accessor: str) -> Any:
    first, *rest = accessor.replace(".value", "", 1).split(".")
    value = config[first]
    for part in rest:
        value = value[part]
    return value


def test_the_panels_name_what_runs_log(
    monkeypatch: pytest.MonkeyPatch, slice_overrides: list[str], tmp_path: Path
) -> None:
    views = Views()
    common = [*slice_overrides[:2], "tracking.mode=offline", "epochs=1", "data.limit=500"]
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        views.install(monkeypatch)
        assert run(["train", *common, "optimizer=adam"]) == 0
        assert run(["train", *common, "optimizer=momentum", "model.dropout=0.1"]) == 0
        for folder in (tmp_path / "runs").iterdir():
            assert run(["sync", folder.name]) == 0
        assert run(["workspace"]) == 0
        runs: list[Run] = list(server.runs.values())
    assert [r.state for r in runs] == ["finished"] * 2
    found = named(views.all[0].spec)
    assert {"config", "summary", "history"} == {section for section, keys in found.items() if keys}
    assert {"optimizer.value._target_", "model.value.dropout"} <= found["config"]
    for tracked in runs:
        logged = {key for row in tracked.history for key in row}
        # Nothing measures the test set while it trains.
        assert found["history"] - logged == {"test/accuracy", "test/loss"}
        assert found["summary"] <= set(tracked.summary)
        for accessor in found["config"]:
            assert not isinstance(value_at(tracked.config, accessor), dict)
        # The charts are those that wandb itself makes of the run.
        own = tracked.wire_config["_wandb"]["value"]["visualize"].values()
        assert charts(views.all[0].spec) == charts(list(own))
