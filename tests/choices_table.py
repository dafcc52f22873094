"""The table of choices and checks: what there is, how it ended, and how that is printed."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterable, Mapping

from rich import box
from rich.console import Console
from rich.table import Table

Check = tuple[str, str, str]
"""Group, choice, and what is checked of it."""

FAILED, PASSED, NOT_RUN, NONE = "failed", "passed", "not run", "-"
_STYLES = {FAILED: "bold red", PASSED: "green", NOT_RUN: "yellow", NONE: "dim"}


class ChecksTable:
    """How every check of every choice ended; of several tests of one check, the worst counts."""

    def __init__(self) -> None:
        self._outcomes: dict[Check, str] = {}
        self._reasons: dict[Check, str] = {}

    def expect(self, check: Check) -> None:
        """Note that there is a test of it."""
        self._outcomes.setdefault(check, NOT_RUN)

    def record(self, check: Check, outcome: str, reason: str = "") -> None:
        """Note how one of its tests ended, and why it did not run."""
        self.expect(check)
        if outcome == FAILED or (outcome == PASSED and self._outcomes[check] == NOT_RUN):
            self._outcomes[check] = outcome
        if outcome == NOT_RUN:
            self._reasons[check] = reason

    def checks(self) -> list[Check]:
        return list(self._outcomes)

    def names(self, group: str) -> list[str]:
        """The checks of a group, those of most choices first."""
        found = [check for owner, _, check in self._outcomes if owner == group]
        return sorted(dict.fromkeys(found), key=lambda check: -len(set(self._having(group, check))))

    def _having(self, group: str, check: str) -> Iterable[str]:
        return (choice for owner, choice, name in self._outcomes if (owner, name) == (group, check))

    def _why_not(self) -> list[tuple[str, str]]:
        """Choice and reason of every check that did not run, sorted."""
        return sorted(
            (check[1], reason) for check, reason in self._reasons.items() if self._outcomes[check] == NOT_RUN
        )

    def as_json(self, choices: Mapping[str, list[str]]) -> str:
        """``{group: {choice: {check: outcome}}}``, choices without checks included."""
        found = {
            group: {
                choice: {
                    check: outcome
                    for (owner, name, check), outcome in self._outcomes.items()
                    if (owner, name) == (group, choice)
                }
                for choice in names
            }
            for group, names in choices.items()
        }
        return json.dumps(found, indent=1)

    def render(self, choices: Mapping[str, list[str]], width: int, *, color: bool = False) -> str:
        """One table for every group of which anything is checked, and a line that counts."""
        console = Console(file=io.StringIO(), width=width, force_terminal=color, highlight=False)
        for group, names in choices.items():
            checks = self.names(group)
            if not checks:
                continue
            table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
            table.add_column(f"{group}\n({len(names)})", no_wrap=True, style="bold")
            for check in checks:
                table.add_column(check, min_width=max(map(len, [*check.split(), NOT_RUN])))
            for choice in names:
                outcomes = [self._outcomes.get((group, choice, check), NONE) for check in checks]
                table.add_row(choice, *(f"[{_STYLES[o]}]{o}[/]" for o in outcomes))
            console.print(table)
            console.print()
        for (choice, reason), _ in itertools.groupby(self._why_not()):
            console.print(f"not run of {choice}: {reason}")
        ends = list(self._outcomes.values())
        parts = [f"{ends.count(end):,} {end}" for end in (PASSED, FAILED, NOT_RUN) if ends.count(end)]
        checked = {(group, choice) for group, choice, _ in self._outcomes}
        console.print(f"{len(checked)} choices, {len(ends):,} checks: {', '.join(parts) or 'none'}")
        assert isinstance(console.file, io.StringIO)
        return "".join(f"{line.rstrip()}\n" for line in console.file.getvalue().splitlines())
