"""Ways to fail, switched on and off while the server runs."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

GRAPHQL, STREAM, FILES, TELEMETRY = "graphql", "file_stream", "files", "telemetry"
REVOKED = '{"errors":[{"message":"user is not logged in","path":["viewer"],"extensions":{"code":"PERMISSION_ERROR"}}],"data":{"viewer":null}}'  # noqa: E501
# Everything that brings the server new data; what reads goes on.
WRITES = (STREAM, FILES, "upsertBucket", "createRunFiles", "createArtifact", "createArtifactFiles",
          "upsertSweep")  # fmt: skip
MESSAGES = {
    400: "bad request",
    401: "user is not logged in",
    403: "permission denied",
    404: "not found",
    409: "conflict: the run was changed by someone else",
    413: "request entity too large",
    429: "rate limit exceeded",
    500: "internal server error",
    502: "bad gateway",
    503: "service unavailable",
}


@dataclass
class Fault:
    """One way to fail."""

    kind: str
    """``answer`` (with ``status``), ``slow``, ``hang``, ``drop`` the request, or ``lose`` the answer."""
    where: str | tuple[str, ...] | None = None
    """``graphql``, ``file_stream``, ``files``, an operation's or root field's name, several; None is all."""
    status: int = 500
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    times: int | None = None
    """How many more requests it strikes; None is all."""
    probability: float = 1.0

    def text(self) -> str:
        return self.body if self.body is not None else f'{{"errors":[{{"message":"{self._message()}"}}]}}'

    def _message(self) -> str:
        return MESSAGES.get(self.status, f"error {self.status}")


class Faults:
    """The faults in force. Several combine: each that strikes a request does its part, in their order."""

    def __init__(self, seed: int) -> None:
        self._active: list[Fault] = []
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._healed = threading.Event()

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._active.append(fault)
        return fault

    def heal(self, fault: Fault | None = None) -> None:
        """End one fault, or all; requests that hang are let go without an answer."""
        with self._lock:
            self._active = [f for f in self._active if fault is not None and f is not fault]
            self._healed.set()
            self._healed = threading.Event()

    def strike(self, place: str, names: tuple[str, ...]) -> Fault | None:
        """Wait as told; return the fault that decides the request's fate, if one does."""
        with self._lock:
            healed = self._healed
            striking = [f for f in self._active if self._strikes(f, place, names)]
        for fault in striking:
            if fault.kind == "slow":
                healed.wait(fault.seconds)
            elif fault.kind == "hang":
                healed.wait(fault.seconds or None)
                return Fault("drop")
        return next((f for f in striking if f.kind not in ("slow", "hang")), None)

    def _strikes(self, fault: Fault, place: str, names: tuple[str, ...]) -> bool:
        wanted = (fault.where,) if isinstance(fault.where, str) else fault.where
        if wanted is not None and not {place, *names} & set(wanted):
            return False
        if place == TELEMETRY and fault.where is None and (fault.times is not None or fault.probability < 1):
            return False  # it comes at no fixed time, and would make tests of single requests uncertain
        if fault.times == 0 or self._random.random() >= fault.probability:
            return False
        if fault.times is not None:
            fault.times -= 1
        return True


def wait_until(deadline: float) -> bool:
    """Sleep a moment; False once the deadline has passed."""
    time.sleep(0.02)
    return time.monotonic() < deadline
