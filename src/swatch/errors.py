"""Errors that are meant for a person, and the nearest match to what they typed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something the user can mend: one line that says what was wrong, where, and what would be right.

    The command prints it without a traceback and exits with code 2.
    """


class RunFailed(Exception):  # noqa: N818 - a result, in the field's words: the run failed
    """A run that started and could not finish (a diverged loss, for one). Exit code 1."""


class Interrupted(Exception):  # noqa: N818 - a wish of the user's, not a mistake
    """The user or the scheduler asked to stop; the state on disk can be resumed. Exit code 130."""


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest of ``choices``, or an empty string."""
    nearest = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.5)
    return f" Did you mean '{nearest[0]}'?" if nearest else ""
