"""``swatch report``: the results of a sweep, or of one run, as one self-contained HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from swatch.commands.storage_option import storage_option


@click.command("report")
@click.argument("target", metavar="RUN|SWEEP")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    help="Where to write the page; default: report.html in the folder of the run or sweep.",
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the runs and sweeps; default: SWATCH_HOME, else ./runs.",
)
@storage_option
def command(target: str, output: Path | None, home: Path | None, storage: str | None) -> None:
    """Write the report of a run or a sweep: one HTML page that opens from disk without a network.

    RUN is a run's id or folder, SWEEP a sweep's id. Of what is still going, or has failed, the page shows
    what there is.
    """
    from swatch.console import console
    from swatch.files import make_folder
    from swatch.report.run import page as run_page
    from swatch.report.run.view import read_view
    from swatch.report.sweep import page as sweep_page
    from swatch.sweep.home import REPORT_FILE, default_home, storage_of, sweep_folder
    from swatch.sweep.ledger import Ledger

    place = home or default_home()
    run = None if storage is not None else _run_folder(target, place)
    if run is not None:
        view = read_view(run)
        path = output or run / REPORT_FILE
        make_folder(path.parent)
        run_page.write(view, path)
    else:
        ledger = Ledger(storage_of(place, target, storage, must_exist=True))
        record, trials = ledger.sweep(target), ledger.trials(target)
        path = output or sweep_folder(place, target) / REPORT_FILE
        make_folder(path.parent)
        sweep_page.write(record, trials, path, home=place)
    console().print(f"Report: {path}", markup=False, soft_wrap=True)


def _run_folder(target: str, home: Path) -> Path | None:
    """Return the run that is meant; None if a sweep is.

    Raises:
        UserError: there is neither, with the nearest name.
    """
    from swatch.errors import UserError, did_you_mean
    from swatch.report.run.view import is_run
    from swatch.sweep.home import LEDGER_FILE, sweep_folder, sweep_names

    if (sweep_folder(home, target) / LEDGER_FILE).exists():
        return None
    for folder in (home / target, Path(target).expanduser()):
        if is_run(folder):
            return folder.absolute()
    runs = [path.parent.name for path in home.glob("*/config.yaml")]
    near = did_you_mean(target, [*sweep_names(home), *runs])
    raise UserError(
        f"there is no run or sweep '{target}' in {home}.{near} `swatch sweep --status` lists the sweeps; "
        "a sweep elsewhere needs its --storage."
    )
