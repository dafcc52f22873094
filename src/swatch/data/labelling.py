"""Turning the labels that people write into class numbers, their names kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from swatch.errors import UserError

MOST_CLASSES = 256


def canonical(label: str) -> str:
    """Return a label without blanks around it; whole numbers lose what some programs append: "3.0" is "3"."""
    label = label.strip()
    try:
        number = float(label)
    except ValueError:
        return label
    return str(int(number)) if number.is_integer() else label


def names_of(labels: Iterable[str], subject: str) -> tuple[str, ...]:
    """Return the different labels in the order that class numbers follow: numbers by size, else by alphabet.

    Args:
        labels: canonical ones.
        subject: where they stand, for messages.

    Raises:
        UserError: fewer than two classes, or more than 256.
    """
    found = set(labels)
    if len(found) < 2:
        raise UserError(f"{subject} holds a single class, '{found.pop()}': there is nothing to tell apart")
    if len(found) > MOST_CLASSES:
        raise UserError(
            f"{subject} holds {len(found):,} different labels, such as '{min(found)}'; "
            f"a data set may have {MOST_CLASSES} classes"
        )
    if all(_is_whole(label) for label in found):
        return tuple(sorted(found, key=int))
    return tuple(sorted(found))


def numbers_of(names: Sequence[str]) -> dict[str, int]:
    """Return the class number of each label that may stand for a class.

    These are the names; and, unless a name is a number itself, the class numbers from 0 on.
    """
    numbers = {canonical(name): number for number, name in enumerate(names)}
    if not any(_is_whole(name) for name in numbers):
        numbers |= {str(number): number for number in range(len(names))}
    return numbers


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return the first few classes, in words."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown}, … ({len(names)} classes)"


def check_names(names: Sequence[str], key: str) -> None:
    """Raise UserError unless ``names``, given by the config key, can name classes."""
    if len(set(map(canonical, names))) < len(names):
        raise UserError(f"{key} names a class twice: {', '.join(names)}")
    if not 2 <= len(names) <= MOST_CLASSES:
        raise UserError(f"{key} must name 2 to {MOST_CLASSES} classes, found {len(names)}")


def _is_whole(label: str) -> bool:
    return label.removeprefix("-").isdecimal()
