"""Every optimizer and schedule of conf/: new ones are tested as they are."""

from __future__ import annotations

import pytest

from entries import entries

GROUPS = {"optimizer_entry": "optimizer", "schedule_entry": "scheduler"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for fixture, group in GROUPS.items():
        if fixture in metafunc.fixturenames:
            found = entries(group)
            metafunc.parametrize(fixture, found, ids=[entry.name for entry in found])
