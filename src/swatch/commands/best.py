"""``swatch best``: a sweep's best configurations, and what to do with the best one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from swatch.commands.storage_option import storage_option

if TYPE_CHECKING:
    from swatch.sweep.results.standing import Standing


@click.command("best")
@click.argument("sweep")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--top", type=click.IntRange(min=1), default=1, metavar="K", help="How many; default: 1.")
@click.option(
    "--by",
    "ranking",
    type=click.Choice(["run", "mean"]),
    default="run",
    show_default=True,
    help="What counts as the best: the best run, or the best by the model's mean.",
)
@click.option("--trial", "number", type=click.IntRange(min=0), metavar="N", help="This trial instead.")
@click.option(
    "--export",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="conf/experiment/NAME.yaml",
    help="Write the best configuration for `swatch train experiment=NAME`.",
)
@click.option("--force", is_flag=True, help="With --export: write over a file that is there.")
@click.option(
    "--retrain-top",
    type=click.IntRange(min=1),
    metavar="K",
    help="Train the K best of both rankings with fresh seeds, and say which is better.",
)
@click.option(
    "--seeds", type=click.IntRange(min=1), metavar="N", help="With --retrain-top: how many; default: 3."
)
@click.option(
    "--retrain",
    is_flag=True,
    help="Train the best on all training images for the epochs that validation chose, then read the test "
    "set, once.",
)
@click.option(
    "--tracking", metavar="MODE", help="Of new runs: auto, online, offline or disabled; default: the sweep's."
)
@storage_option
def command(
    sweep: str,
    overrides: tuple[str, ...],
    top: int,
    ranking: str,
    number: int | None,
    export: Path | None,
    force: bool,
    retrain_top: int | None,
    seeds: int | None,
    retrain: bool,
    tracking: str | None,
    storage: str | None,
) -> None:
    """Show the best trials of SWEEP: the parameters that differ, and how to train the best one again.

    The best run is partly luck; beside it stands the best by model mean. KEY=VALUE overrides the config of
    what --retrain and --retrain-top train. Both go on where they were interrupted, and train nothing twice.
    """
    from swatch.commands import best_actions as actions

    if force and export is None:
        raise click.UsageError("--force goes with --export")
    if seeds is not None and retrain_top is None:
        raise click.UsageError("--seeds goes with --retrain-top")
    if (overrides or tracking) and not (retrain or retrain_top):
        raise click.UsageError("KEY=VALUE and --tracking go with --retrain and --retrain-top")
    texts = (*overrides, *((f"tracking.mode={tracking}",) if tracking else ()))
    standing = _standing(sweep, storage)
    if export is None and not retrain and retrain_top is None:
        actions.show(standing, top, standing.chosen(ranking, number) if _is_chosen(ranking, number) else None)
        return
    if export is not None:
        actions.export(standing, standing.chosen(ranking, number), export, force=force)
    winner = None
    if retrain_top is not None:
        winner = actions.retrain_top(standing, retrain_top, seeds or 3, texts)
    if retrain:
        chosen = None if winner is None or _is_chosen(ranking, number) else winner
        actions.retrain(standing, standing.chosen(ranking, number), chosen, texts)


def _is_chosen(ranking: str, number: int | None) -> bool:
    """Whether somebody asked for another trial than the one with the best result."""
    return number is not None or ranking != "run"


def _standing(sweep: str, storage: str | None) -> Standing:
    from swatch.sweep.home import default_home, storage_of
    from swatch.sweep.ledger import Ledger
    from swatch.sweep.results.standing import standing

    ledger = Ledger(storage_of(default_home(), sweep, storage, must_exist=True))
    try:
        return standing(ledger.sweep(sweep), ledger.trials(sweep))
    finally:
        ledger.close()
