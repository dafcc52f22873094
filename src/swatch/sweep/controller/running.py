"""Running an opened sweep to its end, in agent processes or in this one, and writing what came of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from swatch.console import shown_path
from swatch.errors import Interrupted, RunFailed
from swatch.sweep.agent.agent import TRACEBACK_FILE, Agent, AgentEnd
from swatch.sweep.agent.function import FunctionRunner
from swatch.sweep.agent.loading import TrainFunction
from swatch.sweep.agent.metric_check import early_notice
from swatch.sweep.controller.controller import SHOW_SECONDS, Controller, failure_reasons
from swatch.sweep.controller.registrar import DRAIN_SECONDS, Registrar
from swatch.sweep.ledger.background import Background
from swatch.sweep.ledger.control import Control
from swatch.sweep.ledger.view import SweepView
from swatch.sweep.names import counted
from swatch.sweep.opening.opening import OpenSweep
from swatch.sweep.records import SweepState, TrialRecord, TrialState
from swatch.sweep.results.results import show_results, write_results
from swatch.sweep.search import Signal
from swatch.sweep.terminal.arrival import missing
from swatch.sweep.terminal.live import Display, make_display
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
            end = controller.run()
        except (Interrupted, RunFailed):
            conclude(opened, complete=False)
            raise
    conclude(opened, complete=True)
    _tell_of_early_end(opened, end)


def run_in_this_process(opened: OpenSweep, function: TrainFunction) -> None:
    """Run the sweep's trials one after the other, here.

    Raises KeyboardInterrupt after Ctrl-C, RunFailed if every trial failed or too many in a row.
    """
    announce(opened, "in this process")
    runner = FunctionRunner(function, opened.sweep.options["tracking"])
    agent = Agent(opened.ledger, opened.restored, runner, home=opened.home)
    state = SweepState.INTERRUPTED
    with ExitStack() as stack:
        display = stack.enter_context(closing(make_display(opened.sweep)))
        stack.enter_context(Control(opened.ledger, opened.sweep.id))
        registrar = stack.enter_context(Registrar(opened.ledger, opened.sweep.id, display.say))
        try:
            while True:
                seen = opened.ledger.standing(opened.sweep.id)
                with Watcher(opened, display):
                    end = agent.work()
                    drain(DRAIN_SECONDS, through_start=not end.interrupted)
                state = _end_here(opened, end)
                # More trials may have been asked for just as the agent had found nothing left.
                if state is not SweepState.FINISHED or opened.ledger.end_sweep(
                    opened.sweep.id, state, seen=seen
                ):
                    break
        finally:
            opened.ledger.update_sweep(opened.sweep.id, state=state)
        if state in (SweepState.FINISHED, SweepState.STOPPED):
            registrar.finish()
    _judge(opened, end, state)


def _end_here(opened: OpenSweep, end: AgentEnd) -> SweepState:
    """Return what the sweep's state is after its only agent's end."""
    if end.interrupted and not end.gave_up:
        ordered, _ = opened.ledger.standing(opened.sweep.id)
        ends = {SweepState.STOPPING: SweepState.STOPPED, SweepState.CANCELLING: SweepState.CANCELLED}
        return ends.get(ordered, SweepState.INTERRUPTED)
    return SweepState.INTERRUPTED if end.gave_up else SweepState.FINISHED


def _tell_of_early_end(opened: OpenSweep, end: SweepState) -> None:
    """Say why a sweep ended that has not had all its trials."""
    from swatch.console import say

    sweep = opened.ledger.sweep(opened.sweep.id)
    trials = opened.ledger.trials(sweep.id)
    over = sum(trial.state.is_over for trial in trials)
    of = f" of {sweep.count}" if sweep.count is not None else ""
    if end is SweepState.STOPPED:
        how = f"swatch sweep --resume {sweep.id}"
        say(f"sweep {sweep.id} was stopped after {over}{of} trials; to go on: {how}")
    elif end is SweepState.FINISHED and (sweep.count is None or over < sweep.count):
        say(f"sweep {sweep.id} ended after {over}{of} trials: {_why_no_more(opened, trials)}")


def _why_no_more(opened: OpenSweep, trials: Sequence[TrialRecord]) -> str:
    for trial in trials:
        if trial.state.has_result and opened.restored.reached(trial.objective):
            return f"trial {trial.number} reached the target"
    count = opened.ledger.sweep(opened.sweep.id).count
    proposal = opened.restored.search.propose(trials, number=len(trials), count=count)
    return proposal.value if isinstance(proposal, Signal) else "its agents found nothing more to try"


def _judge(opened: OpenSweep, end: AgentEnd, state: SweepState) -> None:
    if state is SweepState.CANCELLED:
        conclude(opened, complete=False)
        raise Interrupted(f"sweep {opened.sweep.id} was cancelled; the same call goes on with it")
    if end.gave_up:
        conclude(opened, complete=False)
        reasons = "; ".join(failure_reasons(_view(opened)))
        raise RunFailed(f"{end.reason}: {reasons}. The same call goes on with sweep {opened.sweep.id}.")
    conclude(opened, complete=True)
    _tell_of_early_end(opened, state)


class Watcher(Background):
    """Shows a sweep that runs in this process's main thread."""

    def __init__(self, opened: OpenSweep, display: Display) -> None:
        super().__init__("swatch-display", SHOW_SECONDS)
        self._view, self._display, self._opened = _view(opened), display, opened
        self._looked_for_metric = False

    def __enter__(self) -> Self:
        self._show()
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._show()

    def look(self) -> bool:
        """Show how it stands; there is no last time."""
        self._show()
        return False

    def _show(self) -> None:
        if self._view.refresh() and not self._looked_for_metric:
            self._looked_for_metric = any(trial.history for trial in self._view.trials)
            notice = early_notice(self._opened.sweep, self._view.trials)
            if notice is not None:
                self._display.say(notice)
        state, count = self._opened.ledger.standing(self._opened.sweep.id)
        sweep = replace(self._opened.sweep, state=state, count=count)
        self._display.update(self._view.trials, agents=1, stopping=False, sweep=sweep)


def announce(opened: OpenSweep, how: str) -> None:
    """Say what starts."""
    from swatch.console import say

    for notice in opened.notices:
        say(notice)
    over = sum(trial.state.is_over for trial in _view(opened).trials)
    goes_on = f" goes on after {counted(over, 'trial')}" if opened.goes_on else ""
    count = opened.sweep.count
    trials = counted(count, "trial") if count is not None else "no limit of trials: Ctrl-C ends it"
    seeds = f" of {opened.sweep.repeats} seeds" if opened.sweep.repeats > 1 else ""
    say(f"sweep {opened.sweep.id}{goes_on}: {opened.sweep.method} search, {trials}{seeds}, {how}")


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
    told = told_of_failures(opened.home, trials)
    if told is not None and any(trial.state.has_result for trial in trials):
        say(told)
    lacking = missing(opened.home, sweep, trials)
    if lacking is not None:
        say(lacking)
    if not complete:
        return
    if trials and not any(trial.state.has_result for trial in trials):
        reasons = "; ".join(failure_reasons(_view(opened)))
        every = "the only trial" if len(trials) == 1 else f"all {len(trials)} trials"
        where = _place_to_read(opened.home, trials[-1])
        raise RunFailed(f"{every} of sweep {sweep.id} failed: {reasons}{where}")


def told_of_failures(home: Path, trials: Sequence[TrialRecord]) -> str | None:
    """Return the line that says how many trials failed, why the last one did, and where to read on."""
    failed = [trial for trial in trials if trial.state in (TrialState.FAILED, TrialState.CRASHED)]
    if not failed:
        return None
    last = failed[-1]
    where = _place_to_read(home, last)
    which = "one trial" if len(failed) == 1 else f"{len(failed)} trials"
    return f"{which} of {len(trials)} failed. Trial {last.number}: {last.reason or 'no reason'}{where}"


def _place_to_read(home: Path, trial: TrialRecord) -> str:
    """Return where the traceback of a failed trial is, to be added to a sentence; empty if there is none."""
    traceback = home / trial.each_run()[-1].run_id / TRACEBACK_FILE
    return f"; see {shown_path(traceback)}" if traceback.exists() else ""


def _view(opened: OpenSweep) -> SweepView:
    view = SweepView(opened.ledger, opened.sweep.id)
    view.refresh()
    return view
