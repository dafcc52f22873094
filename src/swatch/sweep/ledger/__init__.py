"""The ledger: what a sweep has tried and learned, in one database that every agent writes to."""

from swatch.sweep.ledger.attempt import Attempt, Fenced
from swatch.sweep.ledger.database import sqlite_url
from swatch.sweep.ledger.ledger import Ledger

__all__ = ["Attempt", "Fenced", "Ledger", "sqlite_url"]
