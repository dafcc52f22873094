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
def command(run: str, split: str, as_json: bool) -> None:
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
    from swatch.report import evaluation_page, evaluation_tables

    directory = find_run(run)
    evaluation = evaluate(directory, split)
    readings = records.record(directory, evaluation)
    page = directory.path / f"evaluation_{split}.html"
    evaluation_page.write(evaluation, readings, page)
    out = console()
    if split == TEST:
        console(stderr=True).print(evaluation_tables.warning(readings), soft_wrap=True)
    if as_json:
        out.print(json_text(evaluation_tables.plain(evaluation), indent=2), markup=False, soft_wrap=True)
        return
    evaluation_tables.show(evaluation, out)
    evaluation_tables.show_page(page, out)
