"""``swatch compare``: runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from swatch.evaluation.comparing import ComparedRun
    from swatch.tracking import RunDirectory


@click.command("compare")
@click.argument("targets", nargs=-1, required=True, metavar="RUN|SWEEP...")
@click.option(
    "--top", type=click.IntRange(min=1), default=3, metavar="K", help="Of a sweep: its K best; default: 3."
)
@click.option("--test/--no-test", "tested", default=True, help="Test all against the best; default: do.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    help="Write a page instead, with all curves and the confusion matrices.",
)
def command(targets: tuple[str, ...], top: int, tested: bool, output: Path | None) -> None:
    """Show runs side by side: what differs in their configs, what came of it, and their curves.

    RUN is a run's id or folder; a SWEEP stands for its best trials. The test is McNemar's, on the images of
    the validation set that only one of two networks gets right; the test set stays closed. Of runs that
    differ in their seed alone, mean and standard deviation are shown.
    """
    from swatch.console import console, say
    from swatch.errors import UserError
    from swatch.evaluation.comparing import best_of, compare, compare_answers, read_run
    from swatch.files import make_folder
    from swatch.report.comparison import page as comparison_page
    from swatch.report.comparison.table import (
        against,
        comparison_table,
        fitting_names,
        seed_lines,
        verdict_lines,
    )

    runs: list[ComparedRun] = []
    left_out: list[str] = []
    for directory in _directories(targets, top):
        try:
            runs.append(read_run(directory))
        except UserError as error:
            left_out.append(f"left out: {error}")
            say(left_out[-1])
    comparison = compare(runs)
    monitor, best = best_of(runs)
    pairs = compare_answers(runs) if tested else {}
    tests = against(pairs, len(runs), best)
    out = console()
    if output is not None:
        make_folder(output.absolute().parent)
        comparison_page.write(comparison, monitor, best, pairs, output, left_out=left_out)
        out.print(f"Comparison: {output}", markup=False, soft_wrap=True)
        return
    names = fitting_names(comparison, monitor, out.width)
    out.print(comparison_table(comparison, monitor, tests, best, names))
    for line in [*verdict_lines(names, tests, best), *seed_lines(comparison, monitor, names)]:
        out.print(line, markup=False, soft_wrap=True)


def _directories(targets: tuple[str, ...], top: int) -> list[RunDirectory]:
    """Return the runs that are meant, each once.

    Raises:
        UserError: there is no such run or sweep.
    """
    from swatch.errors import UserError
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
            try:
                directory = find_run(target)
            except UserError:
                _point_to_sweep(target, home)
                raise
            found[directory.path] = directory
    return list(found.values())


def _point_to_sweep(target: str, home: Path) -> None:
    """Raise a better error than that of a missing run, where a sweep has the name nearest to the one given.

    Raises:
        UserError: the nearest of all runs and sweeps is a sweep.
    """
    from swatch.errors import UserError, did_you_mean
    from swatch.sweep.home import sweep_names

    sweeps = sweep_names(home)
    near = did_you_mean(target, [*sweeps, *(path.parent.name for path in home.glob("*/config.yaml"))])
    if near in {did_you_mean(name, [name]) for name in sweeps}:
        raise UserError(f"there is no run or sweep '{target}' in {home}.{near}")
