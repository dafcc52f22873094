"""Grid search: every point once, in order."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from swatch.errors import UserError
from swatch.sweep.search.signals import EXHAUSTED, Proposal
from swatch.sweep.space.search_space import SearchSpace


def propose_from_grid(space: SearchSpace, seen: AbstractSet[str], number: int) -> Proposal:
    """Return grid point ``number``, or the next one that is not in ``seen``, coming round at the end.

    In a sweep of its own the trial number is the grid's, and nothing is ever seen. Trials from elsewhere
    (known good points, an earlier form of the sweep) are what makes it go on. Raises UserError for an
    infinite space.
    """
    grid = space.enumeration
    if grid is None:
        raise UserError("a grid needs every parameter to be a list of values or a range of whole steps")
    if len(seen) < grid.size or number < grid.size:
        for step in range(grid.size):
            point = grid.point_at((number + step) % grid.size)
            if space.point_key(point) not in seen:
                return point
    return EXHAUSTED
