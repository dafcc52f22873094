"""Telling wandb of what happened before its run was opened: at which second of the run each row was logged.

A run's clock starts with ``wandb.init``, and ``run.log`` puts the clock's time into every row as
``_runtime``, the x-axis "relative time" of the UI, whatever the row says. A run that is told afterwards would
have lasted no time. wandb's protocol has fields for both; its library offers no other way to them than these.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from swatch.files import json_text

if TYPE_CHECKING:
    import wandb

_lock = threading.Lock()
_begun: dict[str, int] = {}
_is_installed = False


@contextmanager
def begun_before(run_id: str, seconds: float) -> Iterator[None]:
    """Open a run in the block whose clock starts at so many seconds instead of 0."""
    _install()
    _begun[run_id] = int(max(seconds, 0))
    try:
        yield
    finally:
        _begun.pop(run_id, None)


def publish_row(run: wandb.Run, step: int, values: Mapping[str, Any], runtime: float) -> None:
    """Send a row as it was logged, ``runtime`` seconds into the run; ``run.log`` must not touch it again.

    The run's summary does not learn of it.
    """
    from wandb.proto import wandb_internal_pb2

    protocol: Any = wandb_internal_pb2
    record = protocol.HistoryRecord()
    record.step.num = step
    for key, value in {**values, "_runtime": runtime, "_step": step}.items():
        item = record.item.add()
        item.key, item.value_json = key, json_text(value)
    interface: Any = run._interface
    interface._publish_history(record)


def _install() -> None:
    """Have the record that opens a run say how much of it has passed, as that of a resumed run does."""
    global _is_installed
    from wandb.sdk.interface.interface import InterfaceBase

    with _lock:
        if _is_installed:
            return
        make_run = InterfaceBase._make_run

        def make_run_begun(self: Any, run: Any) -> Any:
            record = make_run(self, run)
            seconds = _begun.get(run.id, 0)
            if seconds:
                record.runtime = seconds
            return record

        InterfaceBase._make_run = make_run_begun  # type: ignore[method-assign]
        _is_installed = True
