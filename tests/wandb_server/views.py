"""Saved workspaces and reports: W&B's library for them keeps each as one opaque document."""

from __future__ import annotations

from typing import Any

from wandb_server import project_reads, run_reads
from wandb_server.execute import Node, Refusal
from wandb_server.model import View, now, stamp
from wandb_server.paging import connection
from wandb_server.store import Store


def upsert_view(store: Store, given: dict[str, Any]) -> Node:
    """Save a view: the one with the given id, else a new one."""
    found = store.views.get(given.get("id") or "")
    if given.get("id") and found is None:
        raise Refusal("view not found", 404)
    view = found or View(store.new_id("View"), *store.project_of(given))
    store.views[view.id] = view
    for key, attribute in {
        "name": "name",
        "displayName": "display_name",
        "type": "type",
        "description": "description",
        "spec": "spec",
    }.items():
        if given.get(key) is not None:
            setattr(view, attribute, given[key])
    view.updated = now()
    return {"view": view_node(store, view), "inserted": found is None}


def delete_view(store: Store, given: dict[str, Any]) -> Node:
    is_there = store.views.pop(str(given.get("id")), None) is not None
    return {"__typename": "DeleteViewPayload", "success": is_there, "pendingDrafts": False}


def view(store: Store, given: dict[str, Any]) -> Node | None:
    found = store.views.get(str(given.get("id")))
    return view_node(store, found) if found else None


def of_project(store: Store, entity: str, project: str, arguments: dict[str, Any]) -> Node:
    """A project's views of one type, or the one of a name."""
    kind, name = arguments.get("viewType"), arguments.get("viewName")
    found = [
        view
        for view in store.views.values()
        if (view.entity, view.project) == (entity, project)
        and kind in (None, view.type)
        and name in (None, view.name)
    ]
    return connection(found, arguments, lambda view: view_node(store, view))


def view_node(store: Store, view: View) -> Node:
    return {
        "__typename": "View",
        "id": view.id,
        "name": view.name,
        "type": view.type,
        "displayName": view.display_name,
        "description": view.description,
        "spec": view.spec,
        "createdAt": stamp(view.created),
        "updatedAt": stamp(view.updated),
        "user": run_reads.user_node(store),
        "project": lambda a: project_reads.project_node(store, view.entity, view.project),
        "entityName": view.entity,
        "accessTokens": [],
        "children": {"edges": []},
    }
