"""What is wrong with somebody's own data: where, what, how often; and one message that says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from swatch.errors import UserError

Policy = Literal["refuse", "drop"]
"""What becomes of an entry that cannot be used: "refuse" the data set, or "drop" the entry and say so."""

SHOWN = 4


@dataclass(frozen=True)
class Cleaning:
    """What was found when a part of a data set was read.

    Attributes:
        entries: how many were looked at.
        units: what they are, in the plural: "lines", "files".
        dropped: those that were left out.
        kinds: how many of them for each kind of trouble.
        examples: the first few, in words.
    """

    entries: int
    units: str
    dropped: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    examples: Sequence[str] = ()

    def sentence(self) -> str:
        """Return what was left out, in words: "3 of 60,000 lines (2 too short, 1 ...): line 17 ...; ..."."""
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.kinds.items())
        rest = self.dropped - len(self.examples)
        more = f"; and {rest:,} more" if rest > 0 else ""
        return (
            f"{self.dropped:,} of {self.entries:,} {self.units} ({kinds}): {'; '.join(self.examples)}{more}"
        )


class Problems:
    """Collects the entries that cannot be used.

    Args:
        subject: the file or folder, as the user named it.
        units: what an entry is, in the plural: "lines", "files".
    """

    def __init__(self, subject: str, units: str) -> None:
        self._subject = subject
        self._units = units
        self._kinds: Counter[str] = Counter()
        self._found: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return self._kinds.total()

    def add(self, kind: str, order: int, text: str) -> None:
        """Take note of one entry: ``kind`` groups like ones, ``order`` is its place among the entries."""
        self._kinds[kind] += 1
        self._found.append((order, text))

    def settle(self, entries: int, policy: Policy, key: str) -> Cleaning:
        """Return what was dropped of so many entries.

        Args:
            entries: how many there were, the bad ones included.
            policy: what becomes of the bad ones.
            key: the config key that chooses the policy.

        Raises:
            UserError: there are bad ones and they are refused, or nothing is left.
        """
        examples = tuple(text for _, text in sorted(self._found)[:SHOWN])
        cleaning = Cleaning(entries, self._units, len(self), dict(self._kinds), examples)
        if len(self) and (policy == "refuse" or len(self) == entries):
            way_out = f"Mend them, or leave them out with {key}=drop." if len(self) < entries else ""
            raise UserError(f"{self._subject}: cannot use {cleaning.sentence()}. {way_out}".rstrip())
        if entries == 0:
            raise UserError(f"{self._subject} holds no images")
        return cleaning
