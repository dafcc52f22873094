"""What ``swatch sweep --status`` shows, read without Optuna."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swatch.errors import UserError
from swatch.sweep.arrival import page
from swatch.sweep.home import default_home, storage_of, sweep_names
from swatch.sweep.ledger import Ledger
from swatch.sweep.live_table import status_line
from swatch.sweep.liveness import LivenessWatch
from swatch.sweep.progress import progress
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState

if TYPE_CHECKING:
    from rich.console import RenderableType


def sweep_status(sweep_id: str, storage: str | None, *, width: int) -> list[RenderableType]:
    """Return one sweep's trials and counts. Raises UserError if there is no such sweep."""
    from swatch.report.tables import trials_table

    ledger = Ledger(storage_of(default_home(), sweep_id, storage, must_exist=True))
    sweep, trials = ledger.sweep(sweep_id), ledger.trials(sweep_id)
    state, agents = _state(ledger, sweep)
    now = progress(trials, sweep.count, agents)
    lines: list[RenderableType] = [trials_table(sweep, trials, width=width)] if trials else []
    lines.append(f"sweep {sweep_id} is {state}: {status_line(now, _elapsed(trials))}")
    address = page(sweep)
    return [*lines, f"W&B: {address}"] if address is not None else lines


def all_sweeps(storage: str | None) -> list[RenderableType]:
    """Return a table of the sweeps of the home folder or the database, then the unreadable ledgers."""
    from rich.table import Table
    from rich.text import Text

    from swatch.report.labels import format_metric
    from swatch.report.ranking import best_trial, value_of

    table = Table(title="Sweeps", title_justify="left")
    for name in ("sweep", "state", "trials", "metric", "best", "created"):
        table.add_column(name, overflow="fold")
    home = default_home()
    urls = [storage] if storage else [storage_of(home, name, None) for name in sweep_names(home)]
    unreadable: list[RenderableType] = []
    for url in urls:
        try:
            ledger = Ledger(url)
        except UserError as error:
            unreadable.append(str(error))
            continue
        for sweep in ledger.sweeps():
            trials = ledger.trials(sweep.id, history=False)
            over = sum(trial.state.is_over for trial in trials)
            best = best_trial(sweep, trials)
            table.add_row(
                Text(sweep.id),
                _state(ledger, sweep)[0],
                f"{over} of {sweep.count}" if sweep.count is not None else str(over),
                Text(sweep.metric),
                format_metric(value_of(best)) if best is not None else "–",
                f"{sweep.created.astimezone():%Y-%m-%d %H:%M}",
            )
        ledger.close()
    return [table, *unreadable]


def _state(ledger: Ledger, sweep: SweepRecord) -> tuple[str, int]:
    """Return the sweep's state in words and how many agents live."""
    processes = ledger.processes(sweep.id)
    dead = {process.id for process in LivenessWatch(one_machine=ledger.is_sqlite).dead(processes)}
    controller = ledger.controller(sweep.id)
    living = [p for p in processes if p.id not in dead and (controller is None or p.id != controller.id)]
    if sweep.state == "running" and not living and (controller is None or controller.id in dead):
        return f"interrupted (its processes died; `swatch sweep --resume {sweep.id}` goes on)", 0
    return sweep.state, len(living)


def _elapsed(trials: list[TrialRecord]) -> float:
    """Return the seconds that trials have taken in all."""
    return sum(trial.seconds or 0.0 for trial in trials if trial.state is not TrialState.RUNNING)
