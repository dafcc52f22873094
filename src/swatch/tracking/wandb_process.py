"""What wandb shares over the runs of one process: its background service, its folders, its words."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from swatch.tracking.credentials import find_key
from swatch.tracking.mode import base_url

_LONGEST_LINE = 300
_SERVICE_VARIABLE = "WANDB_SERVICE"
_GOODBYE_SECONDS = 1.0
_START_SECONDS = 10.0

_lock = threading.RLock()
_own: subprocess.Popen[bytes] | None = None
"""The service, if we started it. Another one serves a program's own runs, and is not ours to end."""
_users: set[object] = set()
_is_broken = False


class ServiceLost(Exception):  # noqa: N818 - says what happened
    """wandb's service failed, and runs that were using it have not all noticed yet."""


def join_service(directory: Path) -> object:
    """Count the caller among the users of wandb's service, which is started if there is none.

    The service's own log and cache go into ``<directory>/wandb/``, that of the first run of the process.

    Returns:
        What :func:`leave_service` wants.

    Raises:
        ServiceLost: The service is about to be replaced; try again later.
        Exception: Whatever wandb raises if it cannot start.
    """
    global _own
    import wandb  # outside of the lock, for which the process's end may have to wait

    with _lock:
        if _is_broken:
            raise ServiceLost("wandb's service failed a moment ago")
        if _own is not None and _own.poll() is not None and not _users:
            _forget(0.0)
        if _running() is None:
            with inside(directory), _alone():
                settings = wandb.Settings(silent=True, x_service_wait=_START_SECONDS)
                library: Any = wandb.setup(settings)
                # What an agent of W&B's says of one run must not get into every run.
                library.settings.sweep_id = library.settings.sweep_param_path = None
            _own = _running()
            # Registered after wandb's own, and so called before it.
            atexit.register(_end_with_process)
        user = object()
        _users.add(user)
        return user


def leave_service(user: object, *, failed: bool) -> None:
    """End what :func:`join_service` began; after a failure the last user to leave ends the service.

    The other runs that it serves are not disturbed. No new ones begin until the last of them is through.
    """
    global _is_broken
    with _lock:
        _users.discard(user)
        _is_broken = _is_broken or failed
        if _is_broken and not _users:
            _is_broken = False
            _forget(0.0)


def end_service(seconds: float = _GOODBYE_SECONDS) -> None:
    """End wandb's background process; the next run starts a new one.

    One that still has users is killed, whereupon their calls fail, and is forgotten when they have left.
    Forgotten at once, it would be replaced by the next of these calls.

    Args:
        seconds: How long it may take; then, or if it is 0, it is killed.
    """
    global _is_broken
    if not _lock.acquire(timeout=_GOODBYE_SECONDS):
        return  # It is being started this very moment, and ends with this process.
    try:
        if not _users:
            _forget(seconds)
        elif _own is not None:
            _is_broken = True
            _kill(_own)
    finally:
        _lock.release()


def _end_with_process() -> None:
    end_service()
    _forget(0.0)


def _forget(seconds: float) -> None:
    """Let wandb end its service and forget it, within so many seconds; then, or if it is 0, it is killed."""
    global _own
    service, _own = _own, None
    atexit.unregister(_end_with_process)
    if service is None or _running() not in (service, None):
        return
    if seconds <= 0:
        _kill(service)
    # A thread, because wandb waits for its process without a limit.
    thread = threading.Thread(target=_tear_down, name="wandb-teardown", daemon=True)
    thread.start()
    thread.join(max(seconds, _GOODBYE_SECONDS))
    if thread.is_alive():
        _kill(service)
        thread.join(_GOODBYE_SECONDS)


def is_service_alive() -> bool:
    """Whether wandb's background process runs."""
    service = _own or _running()
    return service is not None and service.poll() is None


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Kill wandb's service if the block takes longer: calls that wait for it then fail instead of hanging."""
    service = _own
    timer = threading.Timer(seconds, lambda: None if service is None else _kill(service))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def inside(directory: Path) -> Iterator[None]:
    """Make wandb keep logs, cache and staging files in the run's ``wandb/`` unless the user chose a place."""
    # wandb adds "wandb/" to the cache folder itself.
    places = {"WANDB_DATA_DIR": str(directory / "wandb"), "WANDB_CACHE_DIR": str(directory)}
    # What wandb says before a run's own settings count, such as where it found the key.
    places["WANDB_SILENT"] = "true"
    no_telemetry()
    added = {name: place for name, place in places.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def no_telemetry() -> None:
    """Keep wandb from reporting errors to its makers, unless the user has decided about it.

    It would complain on the terminal about servers that do not take them, and start threads for every run.
    """
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")


@contextmanager
def _alone() -> Iterator[None]:
    """Start a service of this process's own, whose end disturbs nobody, and tell no child of it."""
    inherited = os.environ.pop(_SERVICE_VARIABLE, None)
    try:
        yield
    finally:
        os.environ.pop(_SERVICE_VARIABLE, None)
        if inherited is not None:
            os.environ[_SERVICE_VARIABLE] = inherited


def _running() -> subprocess.Popen[bytes] | None:
    """Return wandb's background process if this process has started one."""
    # Not imported here: whoever asks after a failed import shall hear of that one.
    setup: Any = sys.modules.get("wandb.sdk.wandb_setup")
    with suppress(AttributeError):
        found: Any = setup.singleton()._connection._proc._process
        return found if isinstance(found, subprocess.Popen) else None
    return None


def _tear_down() -> None:
    import wandb
    from wandb.sdk import wandb_setup

    library: Any = wandb_setup.singleton()
    with suppress(Exception, SystemExit):
        wandb.teardown()
    # Its thread, which it leaves behind if the service was dead already.
    with suppress(Exception):
        library.asyncer._runner.cancel()


def _kill(service: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        service.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + _GOODBYE_SECONDS
    while service.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def one_line(error: BaseException | str) -> str:
    """Return the error in one line, without the key should it stand there."""
    key, text = find_key(base_url()), str(error) or type(error).__name__
    # Not what wandb advises on its settings, which are ours.
    text = " ".join(text.partition(" Consider increasing ")[0].split())
    return (text.replace(key, "***") if key else text)[:_LONGEST_LINE]
