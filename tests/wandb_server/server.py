"""The server as tests use it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from wandb_server import faults
from wandb_server.artifact_files import hexadecimal
from wandb_server.faults import Fault, Faults, wait_until
from wandb_server.front import Front
from wandb_server.model import Artifact, Request, Run, Sweep, View
from wandb_server.storage import Storage
from wandb_server.store import Store

Where = str | tuple[str, ...] | None
KEY = "0123456789abcdef" * 2 + "01234567"


class WandbServer:
    """A W&B server on the loopback interface; everything is in memory and lost when the object is."""

    def __init__(
        self, *, port: int = 0, entity: str = "someone", seed: int = 0, crash_seconds: float = 300.0
    ) -> None:
        self.key = KEY
        self.is_key_revoked = False
        self.store = Store(entity, seed, crash_seconds)
        self.files = Storage(self.store)
        self.faults = Faults(seed)
        self.requests: list[Request] = []
        self.unexpected: list[str] = []
        """Root fields, inputs and paths that the server did not understand."""
        self.unknown_fields: set[str] = set()
        """Fields within an answer that the server has no value for, as ``Type.field``; they were null."""
        self.telemetry = 0
        """How many requests brought the client's telemetry, which is not among ``requests``."""
        self._front: Front | None = None
        self._port = port
        self.start()

    def __enter__(self) -> WandbServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Life.

    @property
    def url(self) -> str:
        return self.store.url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead a client here."""
        return {"WANDB_BASE_URL": self.url, "WANDB_API_KEY": self.key}

    def start(self) -> None:
        """Listen (again), always on the same port."""
        if self._front is None:
            self._front = Front(self._port, self)
            self._port = self._front.server_port
            self.store.url = f"http://127.0.0.1:{self._port}"
            threading.Thread(
                target=self._front.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
            ).start()

    def stop(self) -> None:
        """Close the port and all connections; what was received is kept."""
        if self._front is not None:
            front, self._front = self._front, None
            front.close()

    def close(self) -> None:
        self.faults.heal()
        self.stop()

    # What it has been told.

    @property
    def entity(self) -> str:
        return self.store.entity

    @property
    def runs(self) -> dict[str, Run]:
        """The runs by id, in the order of their creation; of two with one id in two projects the later."""
        with self.store.lock:
            return {run.id: run for run in self.store.all_runs()}

    @property
    def sweeps(self) -> dict[str, Sweep]:
        with self.store.lock:
            return dict(self.store.sweeps)

    @property
    def artifacts(self) -> dict[str, Artifact]:
        """The committed artifacts as ``name:v0``."""
        with self.store.lock:
            committed = [a for a in self.store.artifacts.values() if a.state == "COMMITTED"]
            return {f"{a.name}:v{a.version}": a for a in committed}

    @property
    def views(self) -> list[View]:
        """Saved workspaces and reports."""
        with self.store.lock:
            return list(self.store.views.values())

    def runs_of(self, sweep_id: str) -> list[Run]:
        """A sweep's runs in the order of their creation."""
        with self.store.lock:
            return self.store.runs_of(self.store.sweeps[sweep_id])

    def file_of(self, artifact: str, name: str) -> bytes:
        """A file of an artifact, which is named as ``name:v0``."""
        with self.store.lock:
            digest = str(self.artifacts[artifact].entries[name]["digest"])
            return self.store.blobs[hexadecimal(digest)]

    def operations(self) -> list[str]:
        """The names of the GraphQL operations so far."""
        return [request.operation for request in self.requests if request.operation]

    def wait(self, condition: Callable[[], object], seconds: float = 20.0) -> None:
        """Wait until the condition holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            if not wait_until(deadline):
                raise TimeoutError(f"not within {seconds} s")

    # What a person would do in the web application.

    def stop_run(self, run_id: str) -> None:
        """Ask a run to stop, as early stopping does: by its agent, and by the answers to its stream."""
        with self.store.lock:
            self.runs[run_id].stop_requested = True

    def cancel_sweep(self, sweep_id: str) -> None:
        """End a sweep at once: its agents kill their runs and exit."""
        self._set_state(sweep_id, "CANCELED")

    def finish_sweep(self, sweep_id: str) -> None:
        """End a sweep; runs that have begun may finish."""
        self._set_state(sweep_id, "FINISHED")

    def pause_sweep(self, sweep_id: str) -> None:
        self._set_state(sweep_id, "PAUSED")

    def resume_sweep(self, sweep_id: str) -> None:
        self._set_state(sweep_id, "RUNNING")

    def _set_state(self, sweep_id: str, state: str) -> None:
        with self.store.lock:
            self.store.sweeps[sweep_id].state = state

    # Failing.

    def fail(
        self,
        status: int = 500,
        where: Where = None,
        times: int | None = None,
        probability: float = 1.0,
        body: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Fault:
        """Answer with an error.

        ``where`` is ``graphql``, ``file_stream``, ``files``, an operation's or a root field's name, or all.
        """
        return self.faults.add(
            Fault("answer", where, status, body, headers or {}, times=times, probability=probability)
        )

    def slow(self, seconds: float, where: Where = None, times: int | None = None) -> Fault:
        """Wait before each answer."""
        return self.faults.add(Fault("slow", where, seconds=seconds, times=times))

    def hang(self, where: Where = None, times: int | None = None, seconds: float = 0.0) -> Fault:
        """Accept and never answer (or close the connection after ``seconds``)."""
        return self.faults.add(Fault("hang", where, seconds=seconds, times=times))

    def drop(
        self,
        where: Where = None,
        times: int | None = None,
        probability: float = 1.0,
        after: bool = False,
    ) -> Fault:
        """Close the connection instead of answering; ``after``: once the request has been carried out."""
        kind = "lose" if after else "drop"
        return self.faults.add(Fault(kind, where, times=times, probability=probability))

    def quota(self, kind: str = "storage", reset: float = 1.0) -> Fault:
        """Be out of ``storage``: refuse all that writes; or over the ``rate``: 429 to everything.

        The rate's answer is as W&B's documentation has it, headers included. What its cloud says when storage
        is used up is not published: here 403, which the client does not try again.
        """
        if kind == "rate":
            headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": str(reset), "Retry-After": "1"}
            return self.fail(429, body='{"error":"rate limit exceeded"}', headers=headers)
        return self.fail(403, faults.WRITES, body='{"errors":[{"message":"storage limit exceeded"}]}')

    def revoke_key(self) -> None:
        self.is_key_revoked = True

    def heal(self, fault: Fault | None = None) -> None:
        """End one fault; without one all of them, a revoked key included."""
        if fault is None:
            self.is_key_revoked = False
        self.faults.heal(fault)

    # Called by the connections' threads.

    def note_request(self, request: Request) -> None:
        self.requests.append(request)

    def note_telemetry(self) -> None:
        self.telemetry += 1

    def note_unexpected(self, what: str) -> None:
        self.unexpected.append(what)

    def note_unknown(self, typename: str, field: str) -> None:
        self.unknown_fields.add(f"{typename}.{field}")
