"""Which point to try next: a pure function of the space, the trials so far, the number and the seed."""

from swatch.sweep.search.propose import METHODS, SAMPLERS, check_search, propose, search_of
from swatch.sweep.search.signals import EXHAUSTED, NOT_NOW, NOT_WORTH_IT, Proposal, Signal

__all__ = [
    "EXHAUSTED",
    "METHODS",
    "NOT_NOW",
    "NOT_WORTH_IT",
    "SAMPLERS",
    "Proposal",
    "Signal",
    "check_search",
    "propose",
    "search_of",
]
