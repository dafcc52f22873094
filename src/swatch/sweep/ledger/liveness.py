"""Which processes of a sweep still live: by pid on this machine, by their beat on others."""

from __future__ import annotations

import functools
import os
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

BEAT_SECONDS = 10.0
"""How often a process raises its beat."""
LEASE_SECONDS = 60.0
"""How long a beat of another machine may stand still before its process counts as dead."""


@dataclass(frozen=True)
class ProcessRecord:
    """A process that has registered with a sweep (an agent or the controller)."""

    id: str
    machine: str
    host: str
    pid: int
    process: str | None
    beat: int


@functools.cache
def this_machine() -> str:
    """Name the place within which a pid names one process: host, boot and pid namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        # Not Linux: the host's name has to do.
        boot = namespace = "-"
    return f"{socket.gethostname()} {boot} {namespace}"


def boot_of(machine: str) -> str:
    """Return the part of a machine's name that tells its boot from all others."""
    return machine.split(" ")[1]


def process_start(pid: int) -> str | None:
    """Return the process's start time in clock ticks since boot, or None where /proc does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The command's name is in parentheses and may hold spaces; field 22 counts from before it.
    return stat.rpartition(")")[2].split()[19]


def runs_here(pid: int, process: str | None) -> bool:
    """Tell whether that very process runs on this machine (a zombie does not).

    Where /proc hides the processes of other users, one of theirs that has the pid is taken for it.
    """
    is_foreign = False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        is_foreign = True
    if process is None:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return is_foreign
    return state not in "ZX" and process_start(pid) == process


@dataclass
class LivenessWatch:
    """Tells the dead among a sweep's processes.

    ``one_machine`` says that all of them run on this one (they share a SQLite file): then whatever was
    started before its last boot is dead. A pid of this machine is asked directly. Of another machine's
    process only the beat is seen; it counts as dead after its beat stood still for ``lease`` seconds *of
    this observer's own monotonic clock*: clocks need not agree with one another or run evenly.
    """

    one_machine: bool = False
    lease: float = LEASE_SECONDS
    _seen: dict[str, tuple[int, float]] = field(default_factory=dict)

    def dead(self, processes: Iterable[ProcessRecord]) -> list[ProcessRecord]:
        """Return those of ``processes`` that are dead."""
        now = time.monotonic()
        return [process for process in processes if not self._lives(process, now)]

    def _lives(self, process: ProcessRecord, now: float) -> bool:
        if process.machine == this_machine():
            return runs_here(process.pid, process.process)
        if self.one_machine and boot_of(process.machine) != boot_of(this_machine()):
            return False
        beat, since = self._seen.get(process.id, (None, now))
        if beat != process.beat:
            since = now
        self._seen[process.id] = (process.beat, since)
        return now - since < self.lease
