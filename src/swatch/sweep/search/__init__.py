"""Which point to try next: a pure function of the space, the trials so far, the number and the seed."""

from swatch.sweep.search.propose import EXHAUSTED, NOT_NOW, Proposal, Signal, propose

__all__ = ["EXHAUSTED", "NOT_NOW", "Proposal", "Signal", "propose"]
