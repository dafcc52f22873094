"""``swatch compare``: runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from swatch.evaluation.comparing import ComparedRun
    from swatch.tracking import RunDirectory


@click.command("compare")
@click.argument("targets", nargs=-1, required=True, metavar="RUN|SWEEP...")
@click.option(
    "--top", type=click.IntRange(min=1), default=3, metavar="K", help="Of a sweep: its K best; default: 3."
)
@click.option("--test/--no-test", "tested", default=True, help="Test all against the best; default: do.")
def command(targets: tuple[str, ...], top: int, tested: bool) -> None:
    """Show runs side by side: what differs in their configs, what came of it, and their curves.

    RUN is a run's id or folder; a SWEEP stands for its best trials. The test is McNemar's, on the images of
    the validation set that only one of two networks gets right; the test set stays closed. Of runs that
    differ in their seed alone, mean and standard deviation are shown.
    """
    from swatch.console import console, say
    from swatch.errors import UserError
    from swatch.evaluation.comparing import compare, compare_answers, read_run
    from swatch.report.comparison_table import comparison_table, seed_lines, verdict_lines

    runs: list[ComparedRun] = []
    for directory in _directories(targets, top):
        try:
            runs.append(read_run(directory))
        except UserError as error:
            say(f"left out: {error}")
    comparison = compare(runs)
    monitor, goal = _monitor(runs[0])
    best = _best(runs, monitor, goal)
    tests = compare_answers(runs, best) if tested else [None] * len(runs)
    out = console()
    out.print(comparison_table(comparison, monitor, tests, best))
    for line in [*verdict_lines(runs, tests, best), *seed_lines(comparison, monitor)]:
        out.print(line, markup=False, soft_wrap=True)


def _directories(targets: tuple[str, ...], top: int) -> list[RunDirectory]:
    """Return the runs that are meant, each once.

    Raises:
        UserError: there is no such run or sweep.
    """
    from swatch.evaluation.finding import find_run
    from swatch.report.ranking import ranked, value_of
    from swatch.sweep.home import LEDGER_FILE, default_home, storage_of, sweep_folder
    from swatch.sweep.ledger import Ledger
    from swatch.tracking import RunDirectory

    home = default_home()
    found: dict[Path, RunDirectory] = {}
    for target in targets:
        if (sweep_folder(home, target) / LEDGER_FILE).exists():
            ledger = Ledger(storage_of(home, target, None, must_exist=True))
            trials = ranked(ledger.sweep(target), ledger.trials(target))
            best = [trial.run_id for trial in trials if value_of(trial) is not None][:top]
            found |= {home / run_id: RunDirectory(home / run_id) for run_id in best}
        else:
            directory = find_run(target)
            found[directory.path] = directory
    return list(found.values())


def _monitor(run: ComparedRun) -> tuple[str, str]:
    """Return the metric that decided which epoch is the best, and its direction."""
    return (
        str(run.config.get("training.monitor", "val/accuracy")),
        str(run.config.get("training.goal", "maximize")),
    )


def _best(runs: list[ComparedRun], monitor: str, goal: str) -> int:
    """Return the place of the run with the best value."""
    sign = 1.0 if goal == "maximize" else -1.0

    def value(place: int) -> float:
        found = runs[place].best.get(monitor)
        return sign * found if isinstance(found, int | float) else -float("inf")

    return max(range(len(runs)), key=value)
