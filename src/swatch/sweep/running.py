"""Running an opened sweep to its end, in agent processes or in this one, and writing what came of it."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import ExitStack, closing
from pathlib import Path

from swatch.errors import Interrupted, RunFailed
from swatch.sweep.agent import Agent, AgentEnd
from swatch.sweep.arrival import missing
from swatch.sweep.control import Control
from swatch.sweep.controller import SHOW_SECONDS, Controller, failure_reasons
from swatch.sweep.function import FunctionRunner, TrainFunction
from swatch.sweep.live import Display, make_display
from swatch.sweep.names import counted
from swatch.sweep.opening import OpenSweep
from swatch.sweep.registrar import DRAIN_SECONDS, Registrar
from swatch.sweep.results import show_results, write_results
from swatch.sweep.view import SweepView
from swatch.tracking.background import drain


def run_in_agents(opened: OpenSweep, agents: int) -> None:
    """Run the sweep with agent processes, and show and write the results.

    Raises Interrupted after Ctrl-C, RunFailed if every trial failed or no agent can go on.
    """
    announce(opened, counted(agents, "agent"))
    # The agents of a function must find its module where this process does.
    paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    environment = {"PYTHONPATH": paths} if opened.sweep.function is not None else {}
    with closing(make_display(opened.sweep)) as display:
        controller = Controller(opened, agents=agents, display=display, environment=environment)
        try:
            controller.run()
        except (Interrupted, RunFailed):
            conclude(opened, complete=False)
            raise
    conclude(opened, complete=True)


def run_in_this_process(opened: OpenSweep, function: TrainFunction) -> None:
    """Run the sweep's trials one after the other, here.

    Raises KeyboardInterrupt after Ctrl-C, RunFailed if every trial failed or too many in a row.
    """
    announce(opened, "in this process")
    runner = FunctionRunner(function, opened.sweep.options["tracking"])
    agent = Agent(opened.ledger, opened.restored, runner, home=opened.home)
    state = "interrupted"
    with ExitStack() as stack:
        display = stack.enter_context(closing(make_display(opened.sweep)))
        stack.enter_context(Control(opened.ledger, opened.sweep.id))
        registrar = stack.enter_context(Registrar(opened.ledger, opened.sweep.id, display.say))
        try:
            with Watcher(opened, display):
                end = agent.work()
                drain(DRAIN_SECONDS)
            state = "interrupted" if end.gave_up or end.interrupted else "finished"
        finally:
            opened.ledger.update_sweep(opened.sweep.id, state=state)
        if state == "finished":
            registrar.finish()
    _judge(opened, end)


def _judge(opened: OpenSweep, end: AgentEnd) -> None:
    if end.gave_up:
        conclude(opened, complete=False)
        reasons = "; ".join(failure_reasons(_view(opened)))
        raise RunFailed(f"{end.reason}: {reasons}. The same call goes on with sweep {opened.sweep.id}.")
    conclude(opened, complete=True)


class Watcher:
    """Shows a sweep that runs in this process's main thread."""

    def __init__(self, opened: OpenSweep, display: Display) -> None:
        self._view, self._display = _view(opened), display
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="swatch-display", daemon=True)

    def __enter__(self) -> Watcher:
        self._show()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._show()

    def _run(self) -> None:
        while not self._end.wait(SHOW_SECONDS):
            self._show()

    def _show(self) -> None:
        self._view.refresh()
        self._display.update(self._view.trials, agents=1, stopping=False)


def announce(opened: OpenSweep, how: str) -> None:
    """Say what starts."""
    from swatch.console import say

    for notice in opened.notices:
        say(notice)
    over = sum(trial.state.is_over for trial in _view(opened).trials)
    goes_on = f" goes on after {counted(over, 'trial')}" if opened.goes_on else ""
    count = opened.sweep.count
    trials = counted(count, "trial") if count is not None else "no limit of trials: Ctrl-C ends it"
    say(f"sweep {opened.sweep.id}{goes_on}: {opened.sweep.method} search, {trials}, {how}")


def conclude(opened: OpenSweep, *, complete: bool) -> None:
    """Write the results, show them if the sweep is complete, and say what W&B's server lacks.

    Raises RunFailed if it is complete and every trial failed.
    """
    from swatch.console import console, say

    sweep = opened.ledger.sweep(opened.sweep.id)
    trials = opened.ledger.trials(sweep.id)
    write_results(sweep, trials, opened.directory, report=complete)
    if complete:
        show_results(sweep, trials, opened.directory, console())
    lacking = missing(opened.home, sweep, trials)
    if lacking is not None:
        say(lacking)
    if not complete:
        return
    if trials and not any(trial.state.has_result for trial in trials):
        reasons = "; ".join(failure_reasons(_view(opened)))
        every = "the only trial" if len(trials) == 1 else f"all {len(trials)} trials"
        raise RunFailed(f"{every} of sweep {sweep.id} failed: {reasons}")


def _view(opened: OpenSweep) -> SweepView:
    view = SweepView(opened.ledger, opened.sweep.id)
    view.refresh()
    return view
