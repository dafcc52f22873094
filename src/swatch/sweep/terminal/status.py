"""What ``swatch sweep --status`` shows, read without Optuna."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from swatch.console import shown_path
from swatch.errors import UserError
from swatch.sweep.home import default_home, storage_of, sweep_names
from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.liveness import LivenessWatch
from swatch.sweep.names import counted
from swatch.sweep.records import SweepRecord, SweepState, TrialRecord, TrialState
from swatch.sweep.results.standing import several_metrics
from swatch.sweep.terminal.arrival import page
from swatch.sweep.terminal.belief_text import MOST_TRIALS, belief_lines
from swatch.sweep.terminal.live_table import status_line
from swatch.sweep.terminal.notices import agents_at_work
from swatch.sweep.terminal.progress import progress

MOST_SHOWN = 50
_SAID_OF_ORDERS = {
    SweepState.PAUSED: " ({how})",
    SweepState.STOPPING: " (what has begun is finished)",
    SweepState.CANCELLING: " (what runs is saved)",
    SweepState.STOPPED: " ({how})",
    SweepState.CANCELLED: " ({how})",
    SweepState.INTERRUPTED: " ({how})",
}

if TYPE_CHECKING:
    from rich.console import RenderableType


def sweep_status(sweep_id: str, storage: str | None, *, width: int) -> list[RenderableType]:
    """Return one sweep's counts, and its trials: of many the best and those that run.

    Raises UserError if there is no such sweep.
    """
    from swatch.report.labels import metric_label
    from swatch.report.ranking import ranked
    from swatch.report.terminal.tables import trials_table

    ledger = Ledger(storage_of(default_home(), sweep_id, storage, must_exist=True))
    sweep, trials = ledger.sweep(sweep_id), ledger.overview(sweep_id)
    state, agents = state_in_words(ledger, sweep, [trial.state for trial in trials])
    now = progress(trials, sweep.count, agents_at_work(sweep, agents))
    lines: list[RenderableType] = []
    if trials:
        best = ranked(sweep, trials)[:MOST_SHOWN]
        numbers = {trial.number for trial in best} | {t.number for t in trials if not t.state.is_over}
        shown = ledger.trials(sweep_id, history=False, numbers=sorted(numbers))
        lines.append(trials_table(sweep, shown, width=width))
        if more := len(trials) - len(shown):
            lines.append(f"and {counted(more, 'trial')} more; `swatch report {sweep_id}` shows all of them")
        if others := several_metrics(sweep)[1:]:
            names = " and ".join(metric_label(metric.name) for metric in others)
            lines.append(
                f"ordered by {metric_label(sweep.metric)} alone; `swatch best {sweep_id}` weighs {names} too"
            )
    standing = status_line(now, _seconds_of(trials), "summed over trials")
    lines.append(f"sweep {sweep_id} is {state}: {standing}")
    if sweep.method == "bayes" and len(trials) <= MOST_TRIALS:
        lines += belief_lines(sweep, ledger.trials(sweep_id))
    address = page(sweep)
    return [*lines, f"W&B: {address}"] if address is not None else lines


def all_sweeps(storage: str | None) -> list[RenderableType]:
    """Return a table of the sweeps of the home folder or the database, then the unreadable ledgers.

    Raises UserError if the database that was asked for cannot be read.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from swatch.report.ranking import best_trial, result_text

    table = Table(
        title="Sweeps", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True
    )
    table.add_column("sweep", overflow="fold")
    for name in ("state", "trials", "metric", "best", "created"):
        table.add_column(name, no_wrap=True)
    home = default_home()
    urls = [storage] if storage else [storage_of(home, name, None) for name in sweep_names(home)]
    unreadable: list[RenderableType] = []
    for url in urls:
        try:
            ledger = Ledger(url)
        except UserError as error:
            if storage:
                raise
            unreadable.append(str(error))
            continue
        for sweep in ledger.sweeps():
            trials = ledger.overview(sweep.id)
            over = sum(trial.state.is_over for trial in trials)
            best = best_trial(sweep, trials)
            if best is not None and sweep.repeats > 1:
                (best,) = ledger.trials(sweep.id, history=False, numbers=[best.number])
            table.add_row(
                Text(sweep.id),
                state_in_words(ledger, sweep, [trial.state for trial in trials])[0].partition(" (")[0],
                f"{over} of {sweep.count}" if sweep.count is not None else str(over),
                Text(sweep.metric),
                result_text(best) if best is not None else "–",
                f"{sweep.created.astimezone():%Y-%m-%d}",
            )
        ledger.close()
    if not table.row_count:
        where = "this database" if storage else str(shown_path(home))
        return [f"There are no sweeps in {where} yet.", *unreadable]
    return [table, *unreadable]


def state_in_words(ledger: Ledger, sweep: SweepRecord, trials: Collection[TrialState]) -> tuple[str, int]:
    """Return the sweep's state in words (what to do about it in brackets) and how many agents live.

    A sweep that ended without any result has failed; ``trials`` are the states of its trials.
    """
    processes = ledger.processes(sweep.id)
    dead = {process.id for process in LivenessWatch(one_machine=ledger.is_sqlite).dead(processes)}
    controller = ledger.controller(sweep.id)
    living = [p for p in processes if p.id not in dead and (controller is None or p.id != controller.id)]
    state = SweepState(sweep.state)
    how = f"`swatch sweep --resume {sweep.id}` goes on"
    if state.is_open and not living and (controller is None or controller.id in dead):
        was = "interrupted" if state is SweepState.RUNNING else state
        return f"{was} (its processes died; {how})", 0
    if state is SweepState.FINISHED and trials and not any(trial.has_result for trial in trials):
        return "failed (no trial has a result)", len(living)
    return state + _SAID_OF_ORDERS.get(state, "").format(how=how), len(living)


def _seconds_of(trials: list[TrialRecord]) -> float:
    """Return the seconds that trials have taken in all."""
    return sum(trial.seconds or 0.0 for trial in trials if trial.state is not TrialState.RUNNING)
