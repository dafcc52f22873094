"""``swatch sync``: runs and sweeps that W&B does not have yet."""

from __future__ import annotations

from pathlib import Path

import click

from swatch.commands.storage_option import storage_option


@click.command("sync")
@click.argument("target", metavar="SWEEP|RUN")
@click.option(
    "--from",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Runs of another machine: its home folder, or a folder of runs, or one run; may be repeated.",
)
@click.option(
    "--from-ledger",
    is_flag=True,
    help="Send runs that lie nowhere here from what the sweep's database knows: no images, no model.",
)
@storage_option
@click.option("--project", metavar="P", help="The W&B project; default: that of the sweep or run.")
@click.option("--entity", metavar="E", help="The W&B user or team; default: that of the sweep, else yours.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=4,
    metavar="N",
    help="How many runs are sent at a time; default: 4.",
)
@click.option("--again", is_flag=True, help="Send also what the server has already.")
def command(
    target: str,
    folders: tuple[Path, ...],
    from_ledger: bool,
    storage: str | None,
    project: str | None,
    entity: str | None,
    jobs: int,
    again: bool,
) -> None:
    """Send SWEEP, all its runs, or one RUN to W&B, or to the server that WANDB_BASE_URL names.

    A sweep that ran offline is registered, and its runs become its members. Running trials are left for the
    next time. Interrupt and repeat it as you like: what the server has is skipped, nothing is there twice.
    """
    from swatch.console import console
    from swatch.sweep.home import default_home
    from swatch.sweep.sync import SyncRequest, sync

    request = SyncRequest(
        target=target,
        home=default_home(),
        folders=folders,
        storage=storage,
        project=project,
        entity=entity,
        jobs=jobs,
        again=again,
        from_ledger=from_ledger,
    )
    sync(request, console())
