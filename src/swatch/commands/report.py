"""``swatch report``: a sweep's results as one self-contained HTML page."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report")
@click.argument("sweep")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    help="Where to write the page; default: report.html in the sweep's folder.",
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the runs and sweeps; default: SWATCH_HOME, else ./runs.",
)
@click.option(
    "--storage", metavar="URL", help="The sweep's database; default: the SQLite file in its folder."
)
def command(sweep: str, output: Path | None, home: Path | None, storage: str | None) -> None:
    """Write the report of SWEEP: one HTML page that opens from disk without a network."""
    from swatch.console import console
    from swatch.files import make_folder
    from swatch.report import sweep_page
    from swatch.sweep.home import REPORT_FILE, default_home, storage_of, sweep_folder
    from swatch.sweep.ledger import Ledger

    place = home or default_home()
    ledger = Ledger(storage_of(place, sweep, storage, must_exist=True))
    record, trials = ledger.sweep(sweep), ledger.trials(sweep)
    path = output or sweep_folder(place, sweep) / REPORT_FILE
    make_folder(path.parent)
    sweep_page.write(record, trials, path)
    console().print(f"Report: {path}", markup=False, soft_wrap=True)
