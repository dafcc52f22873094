"""``swatch sweep --engine wandb``: W&B's server searches, we train."""

from __future__ import annotations

from typing import Any

import click

from swatch.commands import sweep_control
from swatch.commands.sweep_arguments import read_yaml
from swatch.errors import UserError

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


def refuse_options(context: click.Context) -> None:
    """Raise UserError for an option that only our own engine has."""
    for option, why in _NOT_WITH_WANDB.items():
        if context.get_parameter_source(option) is click.core.ParameterSource.COMMANDLINE:
            raise UserError(f"--{option.replace('_', '-')} does not go with --engine wandb: {why}.")


def run(arguments: tuple[str, ...], resume: str | None, agents: int | None, options: dict[str, Any]) -> None:
    """Let W&B's server choose the trials of a sweep."""
    from swatch.sweep.wandb_engine.opening import ServerRequest, open_sweep, reopen_sweep
    from swatch.sweep.wandb_engine.running import run_with_server

    given = {key: value for key, value in options.items() if value is not None}
    if resume is not None:
        opened = reopen_sweep(resume, ServerRequest(overrides=arguments, **given))
    else:
        text, source = read_yaml(arguments)
        opened = open_sweep(text, source, ServerRequest(overrides=arguments[1:], **given))
    run_with_server(opened, sweep_control.agent_count(agents or opened.agents, opened.record.count))
