"""Tests of one ``xdist_group`` share a worker, and with it their costly fixtures.

A pytest whose test ids pytest-xdist cannot mark loses the groups without a word; the tests only take longer.
"""

from __future__ import annotations

import os

import pytest

pytestmark = [
    pytest.mark.xdist_group("together"),
    pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there is one process"),
]


@pytest.fixture(scope="session")
def workers(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Say in a folder of all workers which one runs the group, and return those that are named there."""
    folder = tmp_path_factory.getbasetemp().parent / "workers of a group"
    folder.mkdir(exist_ok=True)
    (folder / os.environ["PYTEST_XDIST_WORKER"]).touch()
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("turn", range(4))
def test_a_group_stays_with_one_worker(workers: set[str], turn: int) -> None:
    assert workers == {os.environ["PYTEST_XDIST_WORKER"]}
