"""The process of ``swatch agent``: its signals, its controller's life line, and its exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType

from swatch.errors import UserError
from swatch.sweep.agent.agent import GAVE_UP, INTERRUPTED, Agent, Runner
from swatch.sweep.agent.forked import forget_signals_when_forked
from swatch.sweep.agent.function import FunctionRunner
from swatch.sweep.agent.loading import load_function
from swatch.sweep.agent.stop_flag import StopFlag
from swatch.sweep.agent.trial import TrialInterrupted
from swatch.sweep.controller.registrar import DRAIN_SECONDS
from swatch.sweep.home import default_home, storage_of
from swatch.sweep.launchers.processes import NAME_VARIABLE, PIPE_VARIABLE
from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.liveness import boot_of, this_machine
from swatch.sweep.names import counted
from swatch.sweep.network import network
from swatch.sweep.records import SweepState
from swatch.sweep.restored import RestoredSweep
from swatch.tracking.background import drain, unsent_runs

FUNCTION_GRACE_SECONDS = 5
"""How long a function that is told to stop may go on to its next report."""


def serve(sweep_id: str, storage: str | None, count: int | None) -> int:
    """Work on a running sweep and return the exit code: 0 nothing left, 3 gave up, 130 told to stop.

    Raises UserError if the sweep does not run, or for whatever else the user must mend.
    """
    home = default_home()
    url = storage_of(home, sweep_id, storage, must_exist=True)
    reader = Ledger(url)
    sweep = reader.sweep(sweep_id)
    if not SweepState(sweep.state).is_open:
        how = f"`swatch sweep --resume {sweep_id}` goes on with it"
        if sweep.state == SweepState.FINISHED:
            how = f"`swatch sweep --resume {sweep_id} --count N` gives it more trials"
        raise UserError(f"sweep {sweep_id} is {sweep.state}; {how}.")
    _check_host(reader, sweep_id)
    reader.close()
    restored = RestoredSweep.of(sweep)
    stop = StopFlag()
    runner: Runner
    if sweep.function is None:
        runner = network.runner()
        _catch_signals(stop, None)
        home = network.home(sweep.overrides)
    else:
        function = FunctionRunner(load_function(sweep.function), sweep.options["tracking"])
        _catch_signals(stop, function)
        runner = function
    _watch_controller()
    ledger = Ledger(reader.url, axes=restored.axes)
    name = os.environ.pop(NAME_VARIABLE, None)
    agent = Agent(ledger, restored, runner, home=home, stop=stop, name=name, on_cancel=_ask_to_stop)
    try:
        end = agent.work(count)
    finally:
        # There is no function left to interrupt; nobody would catch it once Python has ended.
        signal.alarm(0)
        # The last runs may still be on their way to wandb's server.
        drain(DRAIN_SECONDS, through_start=not stop.is_set())
    # A controller says it for the runs of all its agents.
    if name is None and (count_unsent := unsent_runs()):
        runs = counted(count_unsent, "run")
        print(f"{runs} did not reach W&B; `swatch sync {sweep_id}` sends what is missing.", file=sys.stderr)
    print(end.reason, file=sys.stderr)
    if end.gave_up:
        return GAVE_UP
    return INTERRUPTED if end.interrupted else 0


def _check_host(ledger: Ledger, sweep_id: str) -> None:
    """Refuse to share a SQLite file with another machine: its locks are not safe on network file systems."""
    controller = ledger.controller(sweep_id)
    if not ledger.is_sqlite or controller is None:
        return
    if boot_of(controller.machine) != boot_of(this_machine()):
        raise UserError(
            f"sweep {sweep_id} is run on {controller.host} with a SQLite file, which must not serve two "
            "machines; start it with --storage postgresql://..., or go on with it here: "
            f"swatch sweep --resume {sweep_id}"
        )


def _catch_signals(stop: StopFlag, function: FunctionRunner | None) -> None:
    """On SIGTERM or Ctrl-C, finish the step; a second Ctrl-C ends at once.

    A function has no steps that we could see: it is interrupted at its next report, or after a few seconds.
    """

    def receive(number: int, frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()
        if function is not None:
            signal.alarm(FUNCTION_GRACE_SECONDS)

    def interrupt_function(number: int, frame: FrameType | None) -> None:
        if function is not None and function.inside:
            raise TrialInterrupted("the sweep was interrupted")

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, receive)
    signal.signal(signal.SIGALRM, interrupt_function)
    if function is not None:
        function.hears_ctrl_c = False
    forget_signals_when_forked()


def _ask_to_stop() -> None:
    """Have the main thread finish the step, save, give the trial back, and leave."""
    os.kill(os.getpid(), signal.SIGTERM)


def _watch_controller() -> None:
    """End as if asked to when the controller, which holds the other end of the pipe, is gone."""
    descriptor = os.environ.pop(PIPE_VARIABLE, None)
    if descriptor is None:
        return
    pipe = int(descriptor)
    # Not for the processes that training may start.
    os.set_inheritable(pipe, False)

    def wait() -> None:
        os.read(pipe, 1)
        _ask_to_stop()

    threading.Thread(target=wait, name="swatch-life-line", daemon=True).start()
