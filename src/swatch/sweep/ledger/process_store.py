"""The ledger's processes: who works on a sweep, who controls it, who is gone."""

from __future__ import annotations

import os
import socket
import uuid
from datetime import UTC, datetime

from sqlalchemy import insert, select, update

from swatch.sweep.ledger.attempts import end_agents_attempts, lock
from swatch.sweep.ledger.liveness import ProcessRecord, process_start, this_machine
from swatch.sweep.ledger.mirror import AttemptEnd
from swatch.sweep.ledger.reading import read_processes
from swatch.sweep.ledger.schema import agents, sweeps
from swatch.sweep.ledger.store import Store


class ProcessStore(Store):
    """The part of the ledger that knows agents and controllers."""

    def register(self, sweep_id: str, role: str, agent_id: str | None = None) -> str:
        """Enter this process as an agent or a controller of the sweep and return its id."""
        name = agent_id or f"{socket.gethostname()[:32]}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        now = datetime.now(UTC)
        with self._database.write() as connection:
            connection.execute(
                insert(agents).values(
                    id=name,
                    sweep_id=sweep_id,
                    role=role,
                    machine=this_machine(),
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    process=process_start(os.getpid()),
                    beat=0,
                    started=now,
                    seen=now,
                )
            )
        return name

    def beat(self, process_id: str) -> None:
        """Say that a process lives."""
        with self._database.write() as connection:
            values = {"beat": agents.c.beat + 1, "seen": datetime.now(UTC)}
            connection.execute(update(agents).where(agents.c.id == process_id).values(**values))

    def processes(self, sweep_id: str) -> list[ProcessRecord]:
        """Return the agents and controllers that have not said goodbye; some may be dead."""
        with self._database.read() as connection:
            return read_processes(connection, sweep_id)

    def goodbye(
        self, sweep_id: str, process_id: str, reason: str, *, state: AttemptEnd = "crashed"
    ) -> list[int]:
        """Take a process off the books and give back the trials it had under way; returns their numbers.

        Called by the process itself when it leaves, or by whoever sees that it died. From then on the ledger
        refuses its reports.
        """
        with self._database.write() as connection:
            numbers = end_agents_attempts(connection, self._mirror, sweep_id, process_id, state, reason)
            values = {"ended": datetime.now(UTC), "reason": reason}
            connection.execute(
                update(agents).where(agents.c.id == process_id, agents.c.ended.is_(None)).values(**values)
            )
        return numbers

    def controller(self, sweep_id: str) -> ProcessRecord | None:
        """Return the sweep's controller, unless it has said goodbye; it may be dead."""
        with self._database.read() as connection:
            query = select(sweeps.c.controller).where(sweeps.c.id == sweep_id)
            name = connection.execute(query).scalar_one()
            processes = read_processes(connection, sweep_id)
        return next((process for process in processes if process.id == name), None)

    def take_control(self, sweep_id: str, process_id: str, instead_of: str | None) -> bool:
        """Make a registered process the controller, unless another one than ``instead_of`` has become it."""
        with self._database.write() as connection:
            lock(connection, sweep_id)
            query = select(sweeps.c.controller).where(sweeps.c.id == sweep_id)
            current = connection.execute(query).scalar_one()
            ended = select(agents.c.ended).where(agents.c.id == current)
            gone = current is None or connection.execute(ended).scalar() is not None
            if not gone and current != instead_of:
                return False
            values = {"controller": process_id}
            connection.execute(update(sweeps).where(sweeps.c.id == sweep_id).values(**values))
        return True
