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
    envvar="SWATCH_HOME",
    default=Path("runs"),
    show_default=True,
    help="The folder of the runs and sweeps.",
)
def command(sweep: str, output: Path | None, home: Path) -> None:
    """Write the report of SWEEP, as one HTML page that opens from disk without a network."""
    from swatch.console import console
    from swatch.errors import UserError, did_you_mean
    from swatch.report import sweep_page
    from swatch.sweep.ledger import Ledger

    folders = home / "sweeps"
    known = sorted(path.parent.name for path in folders.glob("*/study.db"))
    if sweep not in known:
        hint = did_you_mean(sweep, known) or (
            f" There are: {', '.join(known[:10])}." if known else " `swatch sweep SWEEP.yaml` makes one."
        )
        raise UserError(f"there is no sweep '{sweep}' in {folders}.{hint}")
    ledger = Ledger(f"sqlite:///{folders / sweep / 'study.db'}")
    target = output or folders / sweep / "report.html"
    if not target.parent.is_dir():
        raise UserError(f"cannot write {target}: the folder {target.parent} does not exist")
    sweep_page.write(ledger.sweep(sweep), ledger.trials(sweep), target)
    console().print(f"Report: {target}", markup=False, soft_wrap=True)
