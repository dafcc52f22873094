"""`swatch train`: a Hydra application as a subcommand."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from swatch.errors import Interrupted, RunFailed, UserError, did_you_mean

if TYPE_CHECKING:
    from swatch.compose import Composition

INFO_TOPICS = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")


@click.command(add_help_option=False)
@click.option("-m", "--multirun", is_flag=True, help="Train once for every combination of key=a,b values.")
@click.option("-c", "--cfg", type=click.Choice(["job", "hydra", "all"]), help="Show the config.")
@click.option("--resolve", is_flag=True, help="With --cfg: show what the interpolations stand for.")
@click.option("-p", "--package", metavar="KEY", help="With --cfg: show one part, such as optimizer.")
@click.option(
    "-i", "--info", is_flag=False, flag_value="all", metavar="[TOPIC]", help="Show how the config is found."
)
@click.option("--tracking", metavar="MODE", help="Short for tracking.mode=MODE.")
@click.option("--find-learning-rate", "find_rate", is_flag=True, help="Try all learning rates, do not train.")
@click.option("--plot-schedule", is_flag=True, help="Show what the schedule does, do not train.")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE.html", help="With these two: the page."
)
@click.option("--hydra-help", is_flag=True, help="Help on Hydra, which composes the config.")
@click.option(
    "--from-agent", is_flag=True, hidden=True, help="Started by `wandb agent`: one run of its sweep."
)
@click.option("-h", "--help", "show_help", is_flag=True, help="Show every option, group and key.")
@click.argument("overrides", nargs=-1)
def command(
    multirun: bool,
    cfg: str | None,
    resolve: bool,
    package: str | None,
    info: str | None,
    tracking: str | None,
    find_rate: bool,
    plot_schedule: bool,
    output: Path | None,
    hydra_help: bool,
    from_agent: bool,
    show_help: bool,
    overrides: tuple[str, ...],
) -> int:
    """Train one network; any config key can be overridden."""
    short = [f"tracking.mode={tracking}"] if tracking else []
    if from_agent:
        return train_for_agent([*overrides, *short])
    texts = [*overrides, *short]
    if info is not None and info not in INFO_TOPICS:
        # `--info epochs=5`: the word after it is an override, as in Hydra's own command line.
        texts, info = [info, *texts], "all"
    shown = {
        "--find-learning-rate": find_rate,
        "--plot-schedule": plot_schedule,
        "--help": show_help,
        "--hydra-help": hydra_help,
        f"--cfg={cfg}": cfg is not None,
        f"--info={info}": info is not None,
    }
    flags = [flag for flag, given in shown.items() if given]
    if len(flags) + multirun > 1:
        raise click.UsageError(
            "--multirun, --find-learning-rate, --plot-schedule, --cfg, --info and --help exclude each other"
        )
    if output is not None and not (find_rate or plot_schedule):
        raise click.UsageError("--output goes with --find-learning-rate and --plot-schedule")
    if find_rate or plot_schedule:
        return _plot(texts, find_rate, output)
    if (resolve or package is not None) and cfg is None:
        raise click.UsageError("--resolve and --package go with --cfg")
    flags += ["--resolve"] if resolve else []
    flags += [f"--package={package}"] if package is not None else []
    return _show(flags, texts, package) if flags else train(texts, multirun=multirun)


def _plot(texts: list[str], find_rate: bool, output: Path | None) -> int:
    """Show the losses over a range of learning rates, or else the schedule."""
    from swatch.commands import train_plots
    from swatch.compose.application import jobs

    [composition] = jobs(texts, multirun=False)
    (train_plots.find_rate if find_rate else train_plots.show_schedule)(composition, output)
    return 0


def _show(flags: list[str], texts: list[str], package: str | None) -> int:
    """Let Hydra print what was asked for."""
    from swatch.compose import has_key
    from swatch.compose.application import jobs, run_hydra
    from swatch.compose.keys import names

    [job] = jobs(texts, multirun=False)
    if package is not None and "--cfg=job" in flags and not has_key(job.config, package):
        nearest = did_you_mean(package, names(job.config))
        raise UserError(f"--package: there is no '{package}' in the config.{nearest}")
    try:
        run_hydra(flags, texts, _never)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    return 0


def _never(composition: Composition) -> None:
    raise AssertionError("Hydra trains although it was asked to print")


def train(texts: list[str], *, multirun: bool = False) -> int:
    """Check the overrides, then train once or, in a multirun, once for every combination.

    Returns:
        The exit code 0; everything else is raised.

    Raises:
        UserError: the input is wrong (in a multirun: found before anything starts).
        RunFailed: the training, or at least one of a multirun's, failed.
        Interrupted: the user stopped it; a multirun ends there.
    """
    from swatch.compose.application import jobs, run_hydra

    compositions = jobs(texts, multirun)
    _rehearse(compositions)
    runs = Runs(count=len(compositions), multirun=multirun)
    run_hydra(["--multirun"] if multirun else [], texts, runs.run)
    return runs.conclude()


def train_for_agent(arguments: Sequence[str]) -> int:
    """Train the run that `wandb agent` started this process for.

    The agent ends it with SIGTERM when W&B's server says so; that is a good end, with exit code 0.

    Args:
        arguments: As the sweep's `command` made them, with any of the agent's macros.

    Raises:
        UserError: The parameters are wrong.
        RunFailed: The training failed.
        Interrupted: Ctrl-C; the run goes on if the agent is given it again.
    """
    from swatch.compose import compose
    from swatch.sweep.wandb_engine import environment
    from swatch.sweep.wandb_engine.program import plan

    agent = environment.take()
    planned = plan(arguments, agent)
    composition = compose(planned.overrides)
    _rehearse([composition])
    from swatch.training.run import train as train_once

    train_once(
        composition,
        run_id=None if agent is None else agent.run_id,
        remote_sweep=None if agent is None else agent.remote_sweep,
        sigterm="stopped",
        named_by=planned.swept,
    ).raise_unless_done()
    return 0


def _rehearse(compositions: Sequence[Composition]) -> None:
    """Find what no training can be built from, before the data is fetched or anything is written."""
    from swatch.threads import limit_threads

    # Before NumPy is first imported, which composing does not.
    limit_threads(compositions[0].settings.training.threads)
    from swatch.training.rehearsal import DataRehearsal, rehearse

    for composition in compositions:
        rehearse(composition)
    if len({(c.settings.batch_size, str(c.plain["data"])) for c in compositions}) > 1:
        check_data = DataRehearsal()
        for composition in compositions:
            check_data(composition)


class Runs:
    """The trainings of one command, their order and what became of them."""

    def __init__(self, count: int, multirun: bool) -> None:
        self._count = count
        self._multirun = multirun
        self._started = 0
        self._failed = 0
        self._error: Exception | None = None

    def run(self, composition: Composition) -> None:
        """Train once; Hydra calls this, and must not see an error, which it would print its own way."""
        if self._error is not None:
            return
        self._started += 1
        label = f"training {self._started} of {self._count}: {' '.join(composition.overrides)}".rstrip(": ")
        if self._multirun:
            print(label, file=sys.stderr)
        try:
            from swatch.threads import limit_threads

            limit_threads(composition.settings.training.threads)
            from swatch.training.run import train as train_once

            train_once(composition).raise_unless_done()
        except (UserError, RunFailed) as error:
            self._fail(error, f"{label}: {error}")
        except Interrupted as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 - raised again by conclude, or reported: the rest goes on
            self._fail(error, f"{label} failed:\n{''.join(traceback.format_exception(error))}")

    def _fail(self, error: Exception, report: str) -> None:
        self._failed += 1
        if self._multirun:
            print(f"swatch: {report}", file=sys.stderr)
        else:
            self._error = error

    def conclude(self) -> int:
        """Raise what ended the command, or return 0.

        Raises:
            RunFailed: at least one training of a multirun failed.
            Exception: what ended the only training, or interrupted a multirun.
        """
        if self._error is not None:
            raise self._error
        if self._failed:
            raise RunFailed(f"{self._failed} of {self._count} trainings failed")
        return 0
