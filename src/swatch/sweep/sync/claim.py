"""One registration at a time: the ledger says who is making a sweep known to a server.

A server makes a new sweep whenever it is asked to, and no answer may mean that it did. So whoever registers a
sweep first writes that down in the ledger, where every machine that shares it looks, and takes it back when
the ledger knows the answer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from swatch.errors import UserError
from swatch.sweep.ledger.liveness import process_start, runs_here, this_machine
from swatch.tracking.graphql import NoKey, Refused

if TYPE_CHECKING:
    from swatch.sweep.ledger import Ledger

CLAIM = "wandb_registering"
"""The key of a sweep's options."""
LEASE_SECONDS = 60.0
"""How long a claim of another machine is respected, on the clock of whoever waits; registering takes less."""
_POLL_SECONDS = 0.2
_SERVERS_OWN_ERRORS = 500
"""From this HTTP status on, a server may have done what it says that it could not do."""


@dataclass(frozen=True)
class Claim:
    """Held by this process."""

    is_taken_over: bool
    """Whether an earlier registration was begun and its end is unknown: the server may have the sweep."""


@contextmanager
def registering(ledger: Ledger, sweep_id: str) -> Iterator[Claim]:
    """Be the only one who registers the sweep; wait for whoever does.

    The claim stays, for the next one to take over, if the block ends with an error that leaves open whether
    the server has the sweep.

    Raises:
        UserError: Another process has been registering the sweep for a minute.
    """
    own = {"machine": this_machine(), "pid": os.getpid(), "process": process_start(os.getpid())}
    seen: Mapping[str, Any] | None = None
    since = time.monotonic()
    while True:
        abandoned = seen if _is_over(seen, since) else None
        found = _swap(ledger, sweep_id, own, instead_of=abandoned)
        if found is None or found == abandoned:
            break
        if found != seen:
            seen, since = found, time.monotonic()
        elif time.monotonic() - since > LEASE_SECONDS:
            raise UserError(
                f"process {found['pid']} is registering sweep {sweep_id} with W&B; end it, or wait for it"
            )
        else:
            time.sleep(_POLL_SECONDS)
    try:
        yield Claim(is_taken_over=found is not None)
    except (NoKey, Refused) as error:
        if not isinstance(error, Refused) or error.status < _SERVERS_OWN_ERRORS:
            ledger.update_sweep(sweep_id, options={CLAIM: None})
        raise
    ledger.update_sweep(sweep_id, options={CLAIM: None})


def _is_over(claim: Mapping[str, Any] | None, since: float) -> bool:
    """Whether the claim's process has ended, or may be taken to have."""
    if claim is None:
        return False
    if claim["machine"] == this_machine():
        return not runs_here(claim["pid"], claim["process"]) or claim["pid"] == os.getpid()
    return time.monotonic() - since > LEASE_SECONDS


def _swap(
    ledger: Ledger, sweep_id: str, own: Mapping[str, Any], *, instead_of: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """Write our claim if there is none but ``instead_of``, in one transaction; return the one found."""
    from sqlalchemy import select, update

    from swatch.sweep.ledger.attempts import lock
    from swatch.sweep.ledger.database import Database
    from swatch.sweep.ledger.schema import sweeps

    database = Database(ledger.url, create=False)
    try:
        with database.write() as connection:
            lock(connection, sweep_id)
            options = connection.execute(select(sweeps.c.options).where(sweeps.c.id == sweep_id)).scalar_one()
            found: Mapping[str, Any] | None = options.get(CLAIM)
            if found is None or found == instead_of:
                changed = {**options, CLAIM: dict(own)}
                connection.execute(update(sweeps).where(sweeps.c.id == sweep_id).values(options=changed))
            return found
    finally:
        database.engine.dispose()
