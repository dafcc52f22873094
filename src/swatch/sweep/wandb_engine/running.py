"""Running a sweep of W&B's server to its end here, and writing what came of it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

from swatch.errors import Interrupted, RunFailed
from swatch.sweep.names import counted
from swatch.sweep.records import TrialState
from swatch.sweep.results.results import show_results, write_results
from swatch.sweep.terminal.live import make_display
from swatch.sweep.wandb_engine.controller import ServerController
from swatch.sweep.wandb_engine.opening import OpenServerSweep
from swatch.tracking.registration import app_url, sweep_url

if TYPE_CHECKING:
    from swatch.sweep.records import TrialRecord


def run_with_server(opened: OpenServerSweep, agents: int) -> None:
    """Run the sweep with warm workers, and show and write the results.

    Raises Interrupted after Ctrl-C, RunFailed if every run failed or no agent can go on.
    """
    _announce(opened, agents)
    with closing(make_display(opened.record)) as display:
        try:
            ServerController(opened, agents=agents, display=display).run()
        except (Interrupted, RunFailed):
            _conclude(opened, complete=False)
            raise
    _conclude(opened, complete=True)


def _announce(opened: OpenServerSweep, agents: int) -> None:
    from swatch.console import say

    for notice in opened.notices:
        say(notice)
    count = opened.record.count
    trials = counted(count, "trial") if count is not None else "no limit of trials: Ctrl-C ends it"
    known = f" goes on after {counted(len(opened.trials), 'run')} here" if opened.goes_on else ""
    say(
        f"sweep {opened.remote.path}{known}: {opened.record.method} search by W&B's server, {trials}, "
        f"{counted(agents, 'agent')}"
    )
    say(f"W&B: {sweep_url(opened.remote)}")


def _conclude(opened: OpenServerSweep, *, complete: bool) -> None:
    """Write the results and, if there is nothing more to come, show them.

    Raises RunFailed if that is so and every run failed.
    """
    from swatch.console import console
    from swatch.report.ranking import best_trial

    trials = opened.trials.records
    write_results(opened.record, trials, opened.directory, report=complete)
    if not complete:
        return
    out = console()
    show_results(opened.record, trials, opened.directory, out)
    best = best_trial(opened.record, [trial for trial in trials if trial.state.has_result])
    if best is not None:
        out.print(f"{'Run:':<8}{_run_url(opened, best)}", markup=False, soft_wrap=True)
    failed = (TrialState.FAILED, TrialState.CRASHED)
    if trials and all(trial.state in failed for trial in trials):
        reasons = "; ".join(dict.fromkeys(trial.reason or "no reason" for trial in trials[-3:]))
        every = "the only run" if len(trials) == 1 else f"all {len(trials)} runs"
        raise RunFailed(f"{every} of sweep {opened.remote.path} failed: {reasons}")


def _run_url(opened: OpenServerSweep, trial: TrialRecord) -> str:
    remote = opened.remote
    parts = (remote.entity, remote.project, "runs", trial.run_id)
    return "/".join([app_url(remote.base_url), *(quote(part, safe="") for part in parts)])
