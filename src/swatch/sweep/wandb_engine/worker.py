"""A warm process that trains one run after the other, as its controller tells it.

It reads lines of JSON from standard input and writes others to a pipe. First comes the :class:`Task`, then
``{"train": run id, "values": {...}}`` for each run, ``{"stop": run id}`` when W&B's server ends one, and
``{"leave": true}``, or the end of the input, when the worker is to finish its step, save, and go. It answers
with ``ready``, ``point``, ``epoch``, ``ended`` and ``fatal`` (see :class:`Worker`).
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import IO, Any

from swatch.errors import UserError
from swatch.files import WriteError, json_text, make_folder, write_text
from swatch.sweep.agent.stop_flag import StopFlag
from swatch.sweep.wandb_engine.point import AdaptedPoint, adapt
from swatch.sweep.wandb_engine.program import tell_aside
from swatch.sweep.wandb_engine.task import Task
from swatch.sweep.wandb_engine.trial import ServerTrial
from swatch.tracking import RunDirectory

PIPE_VARIABLE = "SWATCH_EVENTS_PIPE"
TRACEBACK_FILE = "traceback.txt"
BAD_INPUT = 2
SENDING_SECONDS = 2.0
"""How long a worker waits after a run for wandb to send its end: the server's search may want to know it
before it chooses the next point."""
_LOOK_SECONDS = 0.02

Tell = Callable[..., None]
"""Takes the kind of a message and its values."""


class Worker:
    """Trains runs; tells of ``point``, ``epoch`` and ``ended``."""

    def __init__(self, task: Task, tell: Tell, leaving: StopFlag) -> None:
        """Remember the sweep, where to tell, and the flag that is set when the worker is to leave."""
        self._task, self._tell, self._leaving = task, tell, leaving
        self.trial: ServerTrial | None = None
        """The run under way."""

    def train(self, run_id: str, values: Mapping[str, Any]) -> None:
        """Train one run and tell how it ended.

        Raises:
            WriteError: The disk is full: no other run could be written either.
        """
        directory = Path(self._task.home) / run_id
        try:
            status, reason = self._train(run_id, directory, values)
        except WriteError:
            raise
        except UserError as error:  # for people, and says all there is
            status, reason = "failed", str(error)
        except Exception as error:  # noqa: BLE001 - whatever a training raises, the sweep goes on
            write_text(make_folder(directory) / TRACEBACK_FILE, "".join(traceback.format_exception(error)))
            status, reason = "failed", f"{type(error).__name__}: {' '.join(str(error).split())}"
        finally:
            self.trial = None
        if not self._leaving.is_set():
            _wait_until_sent(RunDirectory(directory))
        self._tell("ended", run_id=run_id, status=status, reason=reason)

    def _train(self, run_id: str, directory: Path, values: Mapping[str, Any]) -> tuple[str, str | None]:
        from swatch.compose import compose
        from swatch.training.run import train

        task = self._task
        point = adapt(values, before=task.before, after=task.after, without=task.pinned)
        tell_aside(point)
        composition = compose(point.overrides)
        swept = {key: value for key, value in point.values.items() if key in task.swept}
        self._tell(
            "point", run_id=run_id, point=swept, overrides=_own(point, task), seed=composition.settings.seed
        )
        self.trial = ServerTrial(
            run_id=run_id,
            run_directory=directory,
            overrides=point.overrides,
            point=swept,
            sweep_id=task.remote_sweep.sweep_id,
            remote_sweep=task.remote_sweep,
            tell=self._tell,
            leaving=self._leaving,
        )
        result = train(composition, trial=self.trial)
        return result.status, result.reason


def _wait_until_sent(run: RunDirectory) -> None:
    """Wait a little for W&B's server to have all of a run, or for the news that something is in the way."""
    deadline = time.monotonic() + SENDING_SECONDS
    while time.monotonic() < deadline:
        state = run.read_tracking()
        if state is None or state.mode != "online" or state.sent or state.problem is not None:
            return
        time.sleep(_LOOK_SECONDS)


def _own(point: AdaptedPoint, task: Task) -> list[str]:
    """Return the overrides that make up a run's config, without those that say how it is watched."""
    return list(point.overrides[: len(point.overrides) - len(task.after)])


def serve(commands: IO[str], events: IO[str]) -> int:
    """Train what ``commands`` say until there is nothing more; return the exit code.

    A message ``fatal`` with exit code 2 means that the user must mend something. Before it returns it waits
    for wandb, a few seconds at most.
    """
    leaving, waiting = StopFlag(), queue.SimpleQueue[dict[str, Any] | None]()
    lock = threading.Lock()

    def tell(kind: str, **values: Any) -> None:
        with lock:
            events.write(json_text({"kind": kind, **values}) + "\n")
            events.flush()

    def leave(*_: int | FrameType | None) -> None:
        leaving.set()
        waiting.put(None)

    signal.signal(signal.SIGTERM, leave)
    # Ctrl-C is the controller's business; and wandb sends this signal when a run is stopped in its UI.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker(Task.from_dict(json.loads(commands.readline())), tell, leaving)

    def listen() -> None:
        for line in commands:
            command = json.loads(line)
            trial = worker.trial
            if "train" in command:
                waiting.put(command)
            elif "leave" in command:
                leave()
            elif trial is not None and command.get("stop") == trial.run_id:
                trial.stop()
        leave()

    threading.Thread(target=listen, name="swatch-commands", daemon=True).start()
    # What every training needs, imported before there is one.
    import swatch.training.run  # noqa: F401
    from swatch.tracking.background import drain

    tell("ready")
    try:
        while (command := waiting.get()) is not None and not leaving.is_set():
            worker.train(command["train"], command["values"])
    except WriteError as error:
        tell("fatal", reason=str(error))
        return BAD_INPUT
    finally:
        drain(through_start=not leaving.is_set())
    return 0


def main() -> int:
    """Serve the controller that has started this process; return the exit code."""
    descriptor = int(os.environ.pop(PIPE_VARIABLE))
    # Not for the processes that training may start.
    os.set_inheritable(descriptor, False)
    with os.fdopen(descriptor, "w", encoding="utf-8") as events:
        return serve(sys.stdin, events)
