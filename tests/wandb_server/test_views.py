"""Saved workspaces and reports."""

from __future__ import annotations

import json
from typing import Any

from wandb_server import WandbServer

SAVE = """mutation M($id: ID, $spec: String!) {
    upsertView(input: {id: $id, entityName: "someone", projectName: "p", name: "n", displayName: "d",
                       type: "project-view", spec: $spec, createdUsing: WANDB_SDK}) {
        view { id name } inserted } }"""
READ = """query Q($type: String) { project(entityName: "someone", name: "p") {
    allViews(viewType: $type, viewName: "n") { edges { node { id displayName spec } } } } }"""


def test_saving_changing_and_deleting(server: WandbServer, ask: Any) -> None:
    saved = ask(SAVE, spec=json.dumps({"section": 1}))["upsertView"]
    assert saved["inserted"]
    changed = ask(SAVE, id=saved["view"]["id"], spec=json.dumps({"section": 2}))["upsertView"]
    assert (changed["view"], changed["inserted"]) == (saved["view"], False)
    (edge,) = ask(READ, type="project-view")["project"]["allViews"]["edges"]
    assert json.loads(edge["node"]["spec"]) == {"section": 2}
    assert ask(READ, type="runs")["project"]["allViews"]["edges"] == []
    (view,) = server.views
    assert (view.type, view.name, view.display_name) == ("project-view", "n", "d")
    assert ask("mutation M($id: ID!) { deleteView(input: {id: $id}) { success } }", id=view.id) == {
        "deleteView": {"success": True}
    }
    assert server.views == []
