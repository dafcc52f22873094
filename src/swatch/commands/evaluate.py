"""``swatch evaluate``: what a trained network gets right, what it gets wrong, and how sure it is of it."""

from __future__ import annotations

import click


@click.command("evaluate")
@click.argument("run")
@click.option(
    "--split",
    default="val",
    metavar="SPLIT",
    help="train, val or test; default: val. Only test opens the test set.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the measures as JSON instead.")
@click.option("--wandb", "to_wandb", is_flag=True, help="Log it to the run's own wandb run too.")
@click.option(
    "--tracking",
    metavar="MODE",
    help="With --wandb: auto, online or offline; default: the run's own tracking.mode.",
)
def command(run: str, split: str, as_json: bool, to_wandb: bool, tracking: str | None) -> None:
    """Evaluate the best network of RUN on a part of its data.

    RUN is a run's id or folder. The measures go to the terminal, a page with the confusion matrix, the
    calibration and galleries of images to `evaluation_SPLIT.html` in the run's folder, and the answers to
    `predictions_SPLIT.npz`. Decide on `val`; read `test` once, at the end: how often it was read is counted.
    """
    from swatch.console import console
    from swatch.evaluation import records
    from swatch.evaluation.evaluating import TEST, evaluate
    from swatch.evaluation.finding import find_run
    from swatch.files import json_text
    from swatch.report.evaluation import page as evaluation_page
    from swatch.report.evaluation import sending as evaluation_sending
    from swatch.report.evaluation import tables as evaluation_tables

    if tracking is not None and not to_wandb:
        raise click.UsageError("--tracking goes with --wandb")
    directory = find_run(run)
    mode = evaluation_sending.find_mode(directory, tracking) if to_wandb else None
    evaluation = evaluate(directory, split)
    readings = records.record(directory, evaluation)
    page = directory.path / f"evaluation_{split}.html"
    evaluation_page.write(evaluation, readings, page)
    out = console()
    if split == TEST:
        console(stderr=True).print(evaluation_tables.warning(readings), soft_wrap=True)
    if evaluation.changed_files:
        changes = evaluation_tables.warning_of_changes(evaluation.changed_files)
        console(stderr=True).print(changes, soft_wrap=True)
    if as_json:
        out.print(json_text(evaluation_tables.plain(evaluation), indent=2), markup=False, soft_wrap=True)
    else:
        evaluation_tables.show(evaluation, out)
        evaluation_tables.show_page(page, out)
    if mode is not None:
        # With --json, stdout is for machines.
        told = evaluation_sending.send(evaluation, readings, directory, mode, page)
        console(stderr=as_json).print(told, markup=False, soft_wrap=True)
