"""Relay connections: a list given out page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from wandb_server.execute import Node

T = TypeVar("T")


def connection(items: Sequence[T], arguments: dict[str, Any], node: Callable[[T], Node], **more: Any) -> Node:
    """The page of ``items`` that the arguments ``first``/``after`` or ``last`` ask for.

    A cursor is the item's position, so that it stays good while further items arrive.
    """
    start = int(arguments.get("after") or -1) + 1
    if arguments.get("last") and not arguments.get("first"):
        start = max(0, len(items) - int(arguments["last"]))
    size = int(arguments.get("first") or arguments.get("last") or len(items) or 1)
    page = list(items[start : start + size])
    return {
        "__typename": "Connection",
        "edges": [
            {"__typename": "Edge", "cursor": str(start + i), "node": node(item)}
            for i, item in enumerate(page)
        ],
        "pageInfo": {
            "__typename": "PageInfo",
            "startCursor": str(start) if page else None,
            "endCursor": str(start + len(page) - 1) if page else None,
            "hasNextPage": start + len(page) < len(items),
            "hasPreviousPage": start > 0,
        },
        "totalCount": len(items),
        **more,
    }
