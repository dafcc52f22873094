"""``swatch sweep``: search over configs, or over a function's parameters, with a W&B sweep YAML."""

from __future__ import annotations

from typing import Any

import click

from swatch.commands import sweep_control, sweep_server
from swatch.commands.storage_option import storage_option
from swatch.commands.sweep_arguments import (
    absolute,
    launcher_overrides,
    read_yaml,
    refuse_arguments,
    refuse_others,
    refuse_with_resume,
)
from swatch.commands.sweep_search import search_options

HELP = """Run the sweep that SWEEP.yaml describes, in W&B's format; or go on with one.

The keys under `parameters:` are those of `swatch train`. Whatever stands behind the YAML overrides the config
of every trial: `swatch sweep sweeps/quick.yaml epochs=3 data.limit=5000`.

With `--engine wandb` W&B's server chooses the points and stops trials; we train them.

The same command again goes on with a sweep that was interrupted; once it is finished, it starts a new one."""


@click.command("sweep", help=HELP)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[SWEEP.yaml] [KEY=VALUE]...")
@click.option(
    "--count", type=click.IntRange(min=1), metavar="N", help="How many trials in all; default: run_cap."
)
@click.option(
    "--agents",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many train at a time; default: launcher.agents, else one per core.",
)
@click.option(
    "--name",
    metavar="ID",
    help="The sweep's id; made from the YAML, overrides and seed unless given. With another YAML than the "
    "sweep of that name was made from, it edits that sweep.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Of the search; default: 0.")
@storage_option
@click.option(
    "--launcher",
    metavar="NAME",
    help="What starts the agents: local, slurm or ray; short for launcher=NAME.",
)
@click.option(
    "--tracking", metavar="MODE", help="auto, online, offline or disabled; short for tracking.mode=MODE."
)
@click.option(
    "--function",
    metavar="MODULE:NAME",
    help="Sweep over this function instead of the network; also FILE.py:NAME.",
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    metavar="N",
    help="How often a trial is tried again whose process died without progress; default: 3.",
)
@click.option(
    "--max-consecutive-failures",
    type=click.IntRange(min=0),
    metavar="N",
    help="After so many failures in a row an agent stops; 0: never; default: 5.",
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    metavar="K",
    help="Train every configuration with K seeds; the search sees their mean.",
)
@search_options
@click.option("--dry-run", is_flag=True, help="Check everything and show what would be tried; start nothing.")
@click.option(
    "--engine",
    type=click.Choice(["local", "wandb"]),
    default="local",
    show_default=True,
    help="Who searches: we do, or W&B's server.",
)
@click.option(
    "--resume",
    metavar="ID",
    help="Go on with a sweep, without its YAML, also with a paused one; with --engine wandb: "
    "ENTITY/PROJECT/ID.",
)
@click.option("--pause", metavar="ID", help="Nothing new begins; trials that run are finished.")
@click.option("--stop", metavar="ID", help="Nothing new begins; the sweep ends when its trials have.")
@click.option("--cancel", metavar="ID", help="Save the trials under way and end the sweep.")
@click.option("--status", is_flag=False, flag_value="", metavar="[ID]", help="Show a sweep, or all of them.")
@click.pass_context
def command(
    context: click.Context,
    arguments: tuple[str, ...],
    count: int | None,
    agents: int | None,
    name: str | None,
    seed: int,
    storage: str | None,
    launcher: str | None,
    tracking: str | None,
    function: str | None,
    retries: int | None,
    max_consecutive_failures: int | None,
    repeats: int | None,
    sampler: str | None,
    pruner: str | None,
    prior: tuple[str, ...],
    stop_gain: float | None,
    dry_run: bool,
    engine: str,
    resume: str | None,
    pause: str | None,
    stop: str | None,
    cancel: str | None,
    status: str | None,
) -> None:
    """See HELP."""
    if status is not None:
        refuse_arguments(arguments, "--status")
        refuse_others(context, "status")
        sweep_control.show_status(status, storage)
        return
    orders = {"pause": pause, "stop": stop, "cancel": cancel}
    if given := {name: sweep_id for name, sweep_id in orders.items() if sweep_id is not None}:
        refuse_arguments(arguments, f"--{next(iter(given))}")
        refuse_others(context, next(iter(given)))
        sweep_control.order(given, storage)
        return
    common: dict[str, Any] = {
        "count": count,
        "tracking": tracking,
        "retries": retries,
        "max_consecutive_failures": max_consecutive_failures,
    }
    if engine == "wandb":
        sweep_server.refuse_options(context)
        sweep_server.run(arguments, resume, agents, common)
        return
    common["storage"] = storage
    from swatch.sweep.controller.running import run_in_agents
    from swatch.sweep.opening.opening import open_sweep, reopen_sweep
    from swatch.sweep.opening.preparing import SweepRequest
    from swatch.sweep.opening.search_options import SearchOptions

    if resume is not None:
        refuse_arguments(arguments, "--resume")
        refuse_with_resume(context)
        if sweep_control.goes_on(resume, storage, count):
            return
        opened = reopen_sweep(resume, launcher=launcher_overrides(launcher), **common)
    else:
        text, source = read_yaml(arguments)
        request = SweepRequest(
            text=text,
            source=source,
            overrides=(*launcher_overrides(launcher), *arguments[1:]),
            function=absolute(function),
            seed=seed,
            name=name,
            repeats=repeats or 1,
            searching=SearchOptions(sampler, pruner, prior, stop_gain),
            **common,
        )
        if dry_run:
            sweep_control.show_preview(request, agents)
            return
        opened = open_sweep(request)
    wanted = agents or opened.sweep.options.get("agents")
    cpus = sweep_control.cpus_of(opened.sweep.options)
    run_in_agents(opened, sweep_control.agent_count(wanted, opened.sweep.count, cpus))
