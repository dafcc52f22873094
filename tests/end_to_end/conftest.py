"""A W&B server for whole commands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from wandb_server import WandbServer


@pytest.fixture
def server() -> Iterator[WandbServer]:
    """Empty, and gone after the test."""
    with WandbServer() as server:
        yield server
