"""Sending what was tracked offline, or got lost on its way, to a W&B server.

The run directories and the ledger are the truth, the server's runs are copies. So a run is always sent whole,
under its own id, over whatever the server has of it: interrupted and repeated as often as one likes, nothing
is there twice. What the server has completely is left alone.
"""

from swatch.sweep.sync.jobs import SyncRequest
from swatch.sweep.sync.syncing import sync

__all__ = ["SyncRequest", "sync"]
