"""``swatch dashboard``: sweeps and runs in the browser, while they go on."""

from __future__ import annotations

from pathlib import Path

import click

from swatch.commands.storage_option import storage_option


@click.command("dashboard")
@click.argument("sweep", required=False)
@click.option("--port", type=int, metavar="N", help="Default: 8484; 0 takes any that is free.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="What to listen on. Anybody who reaches another address than this one can read all runs.",
)
@click.option(
    "--allow-host",
    "more_hosts",
    multiple=True,
    metavar="NAME",
    help="A further name by which browsers reach it, such as a proxy's.",
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the runs and sweeps; default: SWATCH_HOME, else ./runs.",
)
@storage_option
def command(
    sweep: str | None,
    port: int | None,
    host: str,
    more_hosts: tuple[str, ...],
    home: Path | None,
    storage: str | None,
) -> None:
    """Show all sweeps and runs in the browser, live: lists, pages of sweeps and runs, comparisons.

    It prints an address to open; with SWEEP that sweep's page. It only reads, and Ctrl-C ends it. Nothing is
    sent anywhere, and only this machine can ask, unless --host says otherwise.
    """
    from swatch.console import console
    from swatch.dashboard.app import Dashboard, make_app
    from swatch.dashboard.frames import sweep_address
    from swatch.dashboard.guard import allowed_hosts
    from swatch.dashboard.serving import DEFAULT_PORT, listen, serve
    from swatch.dashboard.sweep_list import open_ledger
    from swatch.errors import UserError, did_you_mean
    from swatch.sweep.home import default_home
    from swatch.sweep.ledger.database import shown_url

    place = (home or default_home()).absolute()
    if not place.is_dir() and storage is None:
        raise UserError(
            f"there is no folder {place} with runs; --home names another, `swatch train` makes the first run"
        )
    if storage is not None:
        # A server that cannot be reached now is more likely a wrong address than one that will come back.
        with open_ledger(storage):
            pass
    dashboard = Dashboard(place, storage)
    if sweep is not None and dashboard.sweeps.find(sweep) is None:
        near = did_you_mean(sweep, dashboard.sweeps.names())
        where = place / "sweeps" if storage is None else shown_url(storage)
        raise UserError(f"there is no sweep '{sweep}' in {where}.{near}")
    with listen(host, DEFAULT_PORT if port is None else port) as sock:
        shown = "127.0.0.1" if host == "0.0.0.0" else f"[{host}]" if ":" in host else host
        path = "/" if sweep is None else sweep_address(sweep)
        address = f"http://{shown}:{sock.getsockname()[1]}{path}"
        out = console()

        def tell() -> None:
            out.print(f"Dashboard: {address}  (Ctrl-C ends it)", markup=False, soft_wrap=True)

        serve(make_app(dashboard, allowed_hosts(host, more_hosts)), sock, tell)
