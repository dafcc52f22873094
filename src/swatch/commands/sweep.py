"""``swatch sweep``: search over configs, or over a function's parameters, with a W&B sweep YAML."""

from __future__ import annotations

from typing import Any

import click

from swatch.commands import sweep_control
from swatch.commands.storage_option import storage_option
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
        _refuse(arguments, "--status")
        sweep_control.show_status(status, storage)
        return
    orders = {"pause": pause, "stop": stop, "cancel": cancel}
    if given := {name: sweep_id for name, sweep_id in orders.items() if sweep_id is not None}:
        _refuse(arguments, f"--{next(iter(given))}")
        sweep_control.order(given, storage)
        return
    common: dict[str, Any] = {
        "count": count,
        "tracking": tracking,
        "retries": retries,
        "max_consecutive_failures": max_consecutive_failures,
    }
    if engine == "wandb":
        _refuse_options(context)
        _run_with_server(arguments, resume, agents, common)
        return
    common["storage"] = storage
    from swatch.sweep.controller.running import run_in_agents
    from swatch.sweep.opening.opening import open_sweep, reopen_sweep
    from swatch.sweep.opening.preparing import SweepRequest
    from swatch.sweep.opening.search_options import SearchOptions

    if resume is not None:
        _refuse(arguments, "--resume")
        _refuse_with_resume(repeats=repeats, name=name, function=function, dry_run=dry_run)
        _refuse_with_resume(sampler=sampler, pruner=pruner, prior=prior, stop_gain=stop_gain)
        if sweep_control.goes_on(resume, storage, count):
            return
        opened = reopen_sweep(resume, launcher=_launcher(launcher), **common)
    else:
        text, source = _read_yaml(arguments)
        request = SweepRequest(
            text=text,
            source=source,
            overrides=(*_launcher(launcher), *arguments[1:]),
            function=_absolute(function),
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
    run_in_agents(opened, sweep_control.agent_count(wanted, opened.sweep.count))


def _refuse_with_resume(**given: object) -> None:
    """Raise UserError for an option that only a new sweep can have."""
    from swatch.errors import UserError

    for option, value in given.items():
        if value:
            why = "the sweep keeps what it was made from"
            if option == "dry_run":
                why = "it looks at a YAML: swatch sweep SWEEP.yaml --name ID --dry-run"
            raise UserError(f"--{option.replace('_', '-')} does not go with --resume: {why}.")


def _run_with_server(
    arguments: tuple[str, ...], resume: str | None, agents: int | None, options: dict[str, Any]
) -> None:
    """Let W&B's server choose the trials of a sweep."""
    from swatch.sweep.wandb_engine.opening import ServerRequest, open_sweep, reopen_sweep
    from swatch.sweep.wandb_engine.running import run_with_server

    given = {key: value for key, value in options.items() if value is not None}
    if resume is not None:
        opened = reopen_sweep(resume, ServerRequest(overrides=arguments, **given))
    else:
        text, source = _read_yaml(arguments)
        opened = open_sweep(text, source, ServerRequest(overrides=arguments[1:], **given))
    run_with_server(opened, sweep_control.agent_count(agents or opened.agents, opened.record.count))


_NOT_WITH_WANDB = {
    "name": "W&B's server makes the sweep's id; `name:` in the YAML is what its page shows",
    "seed": "W&B's server draws the points; `seed=N` behind the YAML seeds the trainings",
    "storage": "W&B's server keeps the trials",
    "launcher": "our launchers start agents of our own search; `wandb agent` joins from any machine",
    "function": "a function is run by W&B's own agent: wandb.agent(ID, function)",
    "repeats": "W&B's server has one run for each configuration",
    **dict.fromkeys(("sampler", "prior", "stop_gain"), "W&B's server chooses the configurations"),
    "pruner": "W&B's server stops runs by the YAML's early_terminate",
    "dry_run": "W&B's server chooses the configurations; without --engine it shows what ours would be",
}


def _refuse_options(context: click.Context) -> None:
    """Raise UserError for an option that only our own engine has."""
    from swatch.errors import UserError

    for option, why in _NOT_WITH_WANDB.items():
        if context.get_parameter_source(option) is click.core.ParameterSource.COMMANDLINE:
            raise UserError(f"--{option.replace('_', '-')} does not go with --engine wandb: {why}.")


def _read_yaml(arguments: tuple[str, ...]) -> tuple[str, str]:
    """Return the text of the sweep YAML that the first argument names, and what to call it."""
    from swatch.errors import UserError
    from swatch.sweep.opening.yaml_text import read_sweep_text

    if not arguments:
        raise UserError("which sweep? `swatch sweep sweeps/quick.yaml`, for one; `--help` has the rest.")
    if "=" in arguments[0]:
        raise UserError(f"'{arguments[0]}' stands where the sweep YAML belongs; write it behind the YAML.")
    return read_sweep_text(arguments[0])


def _refuse(arguments: tuple[str, ...], option: str) -> None:
    from swatch.errors import UserError

    if arguments:
        raise UserError(f"{option} takes a sweep's id and no YAML or overrides, not '{arguments[0]}'.")


def _launcher(name: str | None) -> tuple[str, ...]:
    return () if name is None else (f"launcher={name}",)


def _absolute(function: str | None) -> str | None:
    """Make a file's path absolute, so that the sweep can be resumed from another folder."""
    from pathlib import Path

    if function is None:
        return None
    place, colon, name = function.rpartition(":")
    return f"{Path(place).absolute()}{colon}{name}" if place.endswith(".py") else function
