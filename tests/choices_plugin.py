"""Which checks every choice has: ``pytest -m check --choices`` runs them and prints the table.

A test says what it checks, and the choice it is given (see ``choices.ARGUMENTS``) is what it checks it of:

    @pytest.mark.check("gradients")
    def test_gradients(layer_class): ...

One that walks no such table names the choices itself, by their group:

    @pytest.mark.check("ties", layer=["MaxPool2d", "AvgPool2d"])
    def test_ties(): ...

The facts travel with the tests' reports, so that the table is whole when the tests run in several processes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import choices
from choices_table import FAILED, NOT_RUN, PASSED, Check, ChecksTable

PROPERTY = "check"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("choices")
    group.addoption(
        "--choices", action="store_true", help="print every choice of every group with its checks"
    )
    group.addoption("--choices-json", type=Path, metavar="FILE", help="write the same to a file")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "check(name, **choices): what the test checks of a choice; --choices prints the table"
    )
    config.pluginmanager.register(Checks(config), "checks-of-choices")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for argument, (_, values) in choices.ARGUMENTS.items():
        if argument in metafunc.fixturenames:
            found = list(values())
            metafunc.parametrize(argument, found, ids=[choices.id_of(value) for value in found])


class Checks:
    """Gathers what tests check, and how they end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._table = ChecksTable()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note what the tests check, also of those that ``-m`` leaves out next."""
        for item in items:
            for check in checks_of(item):
                item.user_properties.append((PROPERTY, check))
                self._table.expect(check)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.passed and report.when != "call":
            return
        outcome = {"passed": PASSED, "failed": FAILED}.get(report.outcome, NOT_RUN)
        # Of a skipped test, the report holds file, line and reason.
        reason = report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
        for name, check in report.user_properties:
            if name == PROPERTY:
                self._table.record(tuple(check), outcome, reason)

    def pytest_sessionfinish(self) -> None:
        """In a worker of xdist, tell the controller, which collects nothing itself, what there is."""
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[PROPERTY] = self._table.checks()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        for check in getattr(node, "workeroutput", {}).get(PROPERTY, ()):
            self._table.expect(tuple(check))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if file := self._config.getoption("--choices-json"):
            file.write_text(self._table.as_json(choices.all_choices()), encoding="utf-8")
        if self._config.getoption("--choices"):
            terminalreporter.section("choices and their checks")
            width = min(shutil.get_terminal_size((120, 24)).columns, 120)
            terminalreporter.write(
                self._table.render(choices.all_choices(), width, color=terminalreporter.hasmarkup)
            )


def checks_of(item: pytest.Item) -> Iterator[Check]:
    """What a test case checks of which choices.

    Raises:
        pytest.UsageError: the test names a choice that does not exist, or none.
    """
    for mark in item.iter_markers("check"):
        (check,) = mark.args
        for group, named in mark.kwargs.items():
            for choice in [named] if isinstance(named, str) else named:
                if choice not in choices.all_choices().get(group, ()):
                    raise pytest.UsageError(f"{item.nodeid} checks {group} '{choice}', which does not exist")
                yield group, choice, check
        given = getattr(getattr(item, "callspec", None), "params", {})
        walked = [argument for argument in choices.ARGUMENTS if argument in given]
        if not walked and not mark.kwargs:
            raise pytest.UsageError(f"{item.nodeid} does not say of which choice it checks '{check}'")
        for argument in walked:
            value = given[argument]
            yield choices.ARGUMENTS[argument][0] or value.group, choices.name_of(value), check
