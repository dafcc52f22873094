"""Saved views and reports on the tests' W&B server: what ``wandb-workspaces`` asks for beyond the client."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from wandb_server import project_reads, roots
from wandb_server.execute import Node
from wandb_server.model import opaque_id
from wandb_server.paging import connection
from wandb_server.store import Store


@dataclass
class View:
    """A saved view (type ``project-view``) or a report (``runs``)."""

    id: str
    name: str
    type: str
    entity: str
    project: str
    display_name: str
    text: str
    saves: int = 1

    @property
    def spec(self) -> dict[str, Any]:
        return dict(json.loads(self.text))


@dataclass
class Views:
    """The server's views, in the order of their creation."""

    all: list[View] = field(default_factory=list)

    def of(self, type: str) -> list[View]:
        return [view for view in self.all if view.type == type]

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Teach the server the two fields that it does not have."""
        plain = project_reads.project_node

        def project_node(store: Store, entity: str, name: str) -> Node:
            def all_views(arguments: dict[str, Any]) -> Node:
                found = [
                    view
                    for view in self.of(arguments.get("viewType") or "runs")
                    if (view.entity, view.project) == (entity, name)
                    and arguments.get("viewName") in (None, view.name)
                ]
                return connection(found, arguments, lambda view: self._node(store, view))

            return {**plain(store, entity, name), "allViews": all_views}

        monkeypatch.setattr(project_reads, "project_node", project_node)
        monkeypatch.setitem(roots.MUTATIONS, "upsertView", self._upsert)

    def _upsert(self, store: Store, given: dict[str, Any]) -> Node:
        view = next((view for view in self.all if view.id == given.get("id")), None)
        inserted = view is None
        if view is None:
            view = View(
                id=opaque_id("View", str(len(self.all) + 1)),
                name=given["name"],
                type=given["type"],
                entity=given["entityName"],
                project=given["projectName"],
                display_name="",
                text="",
                saves=0,
            )
            self.all.append(view)
        view.display_name, view.text, view.saves = given["displayName"], given["spec"], view.saves + 1
        return {"view": self._node(store, view), "inserted": inserted}

    def _node(self, store: Store, view: View) -> Node:
        return {
            "__typename": "View",
            "id": view.id,
            "name": view.name,
            "type": view.type,
            "displayName": view.display_name,
            "description": "",
            "spec": view.text,
            "user": None,
            "project": lambda a: {
                "id": opaque_id("Project", view.project, view.entity),
                "name": view.project,
                "entityName": view.entity,
            },
            "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-01-01T00:00:00Z",
        }
