"""``swatch workspace``: a saved view, and a report, with the right panels in the W&B UI."""

from __future__ import annotations

import click

from swatch.commands.storage_option import storage_option


@click.command("workspace")
@click.argument("sweep", required=False)
@click.option(
    "--project", metavar="P", help="The W&B project; default: the sweep's, else WANDB_PROJECT, else swatch."
)
@click.option(
    "--entity", metavar="E", help="The W&B user or team; default: the sweep's, else WANDB_ENTITY, else yours."
)
@click.option("--report", is_flag=True, help="Set up a report with the same panels too.")
@storage_option
def command(
    sweep: str | None, project: str | None, entity: str | None, report: bool, storage: str | None
) -> None:
    """Set up a W&B workspace for SWEEP, or for all runs of a project.

    SWEEP is the id of a sweep of ours, or ENTITY/PROJECT/ID of one on W&B's server. The workspace is a saved
    view of the project: curves, parallel coordinates, parameter importance, confusion matrices, samples. The
    same command again sets it up anew in the same place. Needs `pip install 'swatch[workspace]'`.
    """
    from swatch.console import console, say
    from swatch.report.workspace import set_up

    found = set_up(sweep, project=project, entity=entity, report=report, storage=storage)
    if found.notice:
        say(found.notice)
    out = console()
    out.print(f"Workspace: {found.workspace}", markup=False, soft_wrap=True)
    if found.report is not None:
        out.print(f"Report:    {found.report}", markup=False, soft_wrap=True)
