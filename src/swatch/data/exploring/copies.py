"""Images that occur more than once, pixel for pixel, within a part or in several."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from swatch.data.exploring.parts import Part, blocks


@dataclass(frozen=True)
class Member:
    """One of the images of a group of copies: ``part`` is the place of its part among those compared."""

    part: int
    row: int
    label: int


@dataclass(frozen=True)
class Copies:
    """All groups of equal images, each with two members at least, in the order of the parts.

    Attributes:
        parts: the names of the parts that were compared.
        groups: the members of each group.
    """

    parts: Sequence[str]
    groups: Sequence[Sequence[Member]]

    def within(self, part: int) -> int:
        """Number of images of a part that repeat an earlier one of the same part."""
        counts = (sum(member.part == part for member in group) for group in self.groups)
        return sum(max(count - 1, 0) for count in counts)

    def shared(self, first: int, second: int) -> int:
        """Number of images of the part ``second`` that are also in the part ``first``."""
        return sum(
            sum(member.part == second for member in group)
            for group in self.groups
            if any(member.part == first for member in group)
        )

    @property
    def contradictions(self) -> list[Sequence[Member]]:
        """The groups whose members have different labels."""
        return [group for group in self.groups if len({member.label for member in group}) > 1]

    @property
    def leaks(self) -> list[Sequence[Member]]:
        """The groups with members in several parts."""
        return [group for group in self.groups if len({member.part for member in group}) > 1]


def find_copies(parts: Sequence[Part]) -> Copies:
    """Compare the images of all parts with one another, by digests of 128 bits."""
    found: defaultdict[bytes, list[Member]] = defaultdict(list)
    for place, part in enumerate(parts):
        labels = part.labels
        for start, block in blocks(part.data.images, part.rows):
            for offset, image in enumerate(block):
                at = start + offset
                digest = hashlib.blake2b(image.data, digest_size=16).digest()
                found[digest].append(Member(place, int(part.rows[at]), int(labels[at])))
    groups = [tuple(group) for group in found.values() if len(group) > 1]
    return Copies(tuple(part.name for part in parts), groups)
