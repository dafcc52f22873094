"""Keeps a sweep of ours known to the W&B server while it runs, without ever being in its way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any

from swatch.errors import UserError
from swatch.sweep.ledger.database import LedgerError

if TYPE_CHECKING:
    from swatch.sweep.ledger import Ledger
    from swatch.tracking.remote_sweep import RemoteSweep

# A server in trouble costs a sweep at most five seconds in all: those at its start, those in which each
# agent sends its last runs, and what is left of the first two at its end.
AT_ONCE_SECONDS = 2.0
"""How long the first trial waits for the server."""
DRAIN_SECONDS = 3.0
"""How long an agent that leaves waits for its runs to be sent."""
_LAST_WORD_SECONDS = 0.4
RETRY_SECONDS = (5.0, 10.0, 20.0, 30.0, 60.0)
"""Pauses between attempts; the last one repeats."""


class Registrar:
    """Registers a sweep that is tracked online, in a thread, and says when it has ended.

    Agents learn of the registration from the ledger when they claim their next trial. A sweep that had been
    registered before keeps its place on the server. The user is told of the first problem and of no other.
    """

    def __init__(self, ledger: Ledger, sweep_id: str, notify: Callable[[str], None]) -> None:
        """Remember what to do; ``notify`` takes one line for the terminal, from any thread."""
        self._ledger, self._sweep_id, self._notify = ledger, sweep_id, notify
        self._remote: RemoteSweep | None = None
        self._told = self._closed = False
        self._waited = 0.0
        self._tried, self._end = Event(), Event()
        self._thread = Thread(target=self._run, name="swatch-registrar", daemon=True)

    def __enter__(self) -> Registrar:
        # Opened again since, the sweep may have new options.
        tracked = self._options().get("tracking", {})
        if tracked.get("mode") == "online":
            self._project, self._entity = str(tracked["project"]), tracked.get("entity")
            self._thread.start()
            began = time.monotonic()
            self._tried.wait(AT_ONCE_SECONDS)
            self._waited = time.monotonic() - began
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        # An answer that still comes has nobody to tell.
        self._closed = True

    def finish(self) -> None:
        """Say that all trials are done; waits a moment for a server that is slow to hear it."""
        self._end.set()
        if self._remote is None:
            return
        from swatch.tracking.graphql import ServerError
        from swatch.tracking.registration import set_state

        left = max(AT_ONCE_SECONDS - self._waited, _LAST_WORD_SECONDS)
        try:
            # Two questions are asked.
            set_state(self._remote, "FINISHED", seconds=left / 2)
        except ServerError as error:
            self._tell(f"wandb: {error}; there the sweep still seems to run")

    def _run(self) -> None:
        attempt = 0
        while not self._end.is_set():
            self._try()
            self._tried.set()
            if self._remote is not None:
                return
            self._end.wait(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
            attempt += 1

    def _try(self) -> None:
        from swatch.tracking.graphql import ServerError

        try:
            self._remote = self._known() or self._register()
        except LedgerError:
            # The agents meet the same trouble, and the sweep ends with it.
            return
        except (ServerError, UserError) as error:
            self._tell(
                f"wandb: {error}; the sweep goes on, and `swatch sync {self._sweep_id}` sends later "
                "what does not arrive"
            )

    def _known(self) -> RemoteSweep | None:
        """Return the sweep's earlier registration unless somebody deleted it, and set it running again."""
        from swatch.tracking.mode import base_url
        from swatch.tracking.registration import find_registered, get_state, set_state, sweep_url

        remote = find_registered(self._options(), base_url(), self._entity, self._project)
        if remote is None:
            return None
        state = get_state(remote)
        if state is None:
            self._say(f"wandb: {sweep_url(remote)} is no more; the sweep gets a new page")
            return None
        if state != "RUNNING":
            set_state(remote, "RUNNING")
        self._say(f"wandb: {sweep_url(remote)}")
        return remote

    def _register(self) -> RemoteSweep:
        # As `swatch sync` does it, which somebody may be running at this moment.
        from swatch.sweep.sync.registering import make_remote
        from swatch.sweep.sync.remote_runs import Place, default_entity
        from swatch.tracking.mode import base_url
        from swatch.tracking.registration import sweep_url

        host = base_url()
        entity = self._entity or os.environ.get("WANDB_ENTITY") or default_entity(host)
        place = Place(host, entity or "", self._project)
        sweep = self._ledger.sweep(self._sweep_id)
        trials = self._ledger.trials(self._sweep_id, history=False)
        run_ids = [run.run_id for trial in trials for run in trial.each_run()]
        remote = make_remote([self._ledger], sweep, place, run_ids, lambda text: None)
        self._say(f"wandb: {sweep_url(remote)}")
        return remote

    def _options(self) -> Mapping[str, Any]:
        return self._ledger.sweep(self._sweep_id).options

    def _tell(self, text: str) -> None:
        """Tell of a problem, unless one was told before."""
        if not self._told:
            self._told = True
            self._say(text)

    def _say(self, text: str) -> None:
        if not self._closed:
            self._notify(text)
