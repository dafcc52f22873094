"""``swatch best``: a sweep's best configurations, and the command that trains the best one again."""

from __future__ import annotations

import click


@click.command("best")
@click.argument("sweep")
@click.option("--top", type=click.IntRange(min=1), default=1, metavar="K", help="How many; default: 1.")
@click.option(
    "--storage", metavar="URL", help="The sweep's database; default: the SQLite file in its folder."
)
def command(sweep: str, top: int, storage: str | None) -> None:
    """Show the best trials of SWEEP: the parameters that differ, and how to train the best one again."""
    from swatch.console import console
    from swatch.errors import RunFailed
    from swatch.report.ranking import best_trial
    from swatch.report.tables import best_table, trials_table
    from swatch.sweep.home import default_home, storage_of
    from swatch.sweep.ledger import Ledger
    from swatch.sweep.results import show_command

    ledger = Ledger(storage_of(default_home(), sweep, storage, must_exist=True))
    record = ledger.sweep(sweep)
    trials = [trial for trial in ledger.trials(sweep) if trial.state.has_result]
    best = best_trial(record, trials)
    if best is None:
        raise RunFailed(
            f"no trial of sweep {sweep} has a result yet; `swatch sweep --status {sweep}` shows it."
        )
    out = console()
    out.print(best_table(record, best) if top == 1 else trials_table(record, trials, top, width=out.width))
    show_command(best, out)
