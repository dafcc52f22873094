"""``swatch predict``: what a trained network says of images from files, or of the rows of a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from swatch.evaluation.images_placement import Invert
    from swatch.evaluation.predicting import Predictor

MOST_PICTURES = 8
"""Images up to which each is shown with a picture, unless the user says otherwise."""


@click.command("predict")
@click.argument("run")
@click.argument("images", nargs=-1, metavar="[IMAGE...]", type=click.Path(path_type=Path))
@click.option(
    "--csv",
    "table",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Predict its rows instead of images.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Write the predictions there; with --csv the default is the terminal or pipe.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["label", "name", "probabilities", "kaggle"]),
    default="label",
    help="Of the CSV: a column Label with numbers (default) or names, a column of probabilities for each "
    "class, or ImageId,Label (the file's ids, or 1, 2, 3 ...).",
)
@click.option(
    "--invert",
    type=click.Choice(["auto", "yes", "no"]),
    default="auto",
    help="Exchange dark and light of images; auto (default): if the background is not as in the data set.",
)
@click.option("--whole", is_flag=True, help="Take whole pictures; the default cuts out the object.")
@click.option(
    "--pictures/--no-pictures",
    default=None,
    help=f"Show what the network saw; default: for up to {MOST_PICTURES} images.",
)
@click.option(
    "--maximum",
    type=click.FloatRange(min=0, min_open=True),
    metavar="NUMBER",
    help="The value of white in the CSV; default: 255.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the predictions of images as JSON.")
def command(
    run: str,
    images: tuple[Path, ...],
    table: Path | None,
    output: Path | None,
    form: str,
    invert: Invert,
    whole: bool,
    pictures: bool | None,
    maximum: float | None,
    as_json: bool,
) -> int:
    """Say what the network of RUN sees on image files, or predict the rows of a CSV file.

    RUN is a run's id or folder, or a model.npz file.

    \b
    swatch predict RUN photo.jpg drawing.png folder/
    swatch predict RUN --csv test.csv --output predictions.csv

    IMAGES may have any size and format that Pillow reads; a folder stands for the images in it. Each is
    turned as its camera meant it, made grey, made light on dark if the data set is, cut to its object, scaled
    without distortion and centred as the data set centres: by the box around it, or for MNIST by its centre
    of mass. An image that has the network's size already stays as it is. A network that was trained on a
    folder of images sees them as in training. Files that cannot be read are named, the others are predicted,
    and the exit code is 2.

    The CSV file holds one line of pixels per image, with a header or without, gzipped or not; columns beside
    the pixels are left out if they are named label or id, or if the first one is the only one too many. The
    predictions keep the order. If any line is wrong, all such lines are counted, the first are named, and
    nothing is written.
    """
    from swatch.errors import UserError
    from swatch.evaluation.predicting import open_predictor

    if (table is None) == (not images):
        raise UserError(
            "name the images to predict, or a CSV file with --csv FILE"
            if table is None
            else "name images or --csv FILE, not both"
        )
    for_images = {"--invert": invert != "auto", "--whole": whole, "--pictures": pictures, "--json": as_json}
    for_rows = {"--maximum": maximum is not None, "--format kaggle": form == "kaggle"}
    for option, is_given in (for_rows if table is None else for_images).items():
        if is_given:
            raise UserError(f"{option} is for {'the rows of a CSV file' if table is None else 'images'} only")
    if table is None and output is None and form != "label":
        raise UserError(f"--format {form} is of the CSV that --output names: add --output FILE.csv")
    if output is not None:
        _check_output(output, table)
    predictor = open_predictor(run)
    if table is not None:
        _predict_rows(predictor, table, output, form, maximum)
        return 0
    return _predict_images(predictor, images, output, form, invert, whole, pictures, as_json)


def _check_output(output: Path, table: Path | None) -> None:
    from swatch.errors import UserError

    if output.is_dir():
        raise UserError(f"--output {output} is a folder: name a file, such as {output / 'predictions.csv'}")
    if not output.absolute().parent.is_dir():
        raise UserError(f"--output {output}: there is no folder {output.parent}")
    if table is not None and output.exists() and table.exists() and output.samefile(table):
        raise UserError(f"--output {output} is the file to predict, which would be lost: name another")


def _predict_rows(
    predictor: Predictor, table: Path, output: Path | None, form: str, maximum: float | None
) -> None:
    import sys

    from swatch.console import say
    from swatch.evaluation.tables import predict_table, table_text
    from swatch.evaluation.tables_reading import PixelTable
    from swatch.files import write_text

    white = float(predictor.data.get("maximum", 255)) if maximum is None else maximum
    rows = PixelTable(table, predictor.shape, white)
    probabilities = predict_table(predictor, rows)
    if rows.columns is not None and rows.columns.left_out:
        say(f"{table}: {rows.columns.sentence()}")
    text = table_text(predictor, probabilities, form, identifiers=rows.identifiers)
    if output is None:
        sys.stdout.write(text)
        return
    write_text(output, text)
    say(_written(output, len(probabilities), predictor))


def _written(output: Path, count: int, predictor: Predictor) -> str:
    return f"{output}: {count:,} prediction{'' if count == 1 else 's'} by {predictor.name}"


def _predict_images(
    predictor: Predictor,
    images: tuple[Path, ...],
    output: Path | None,
    form: str,
    invert: Invert,
    whole: bool,
    pictures: bool | None,
    as_json: bool,
) -> int:
    import numpy as np

    from swatch.console import console, say
    from swatch.evaluation.predicting import Prediction, Unreadable, image_files, predict_files
    from swatch.evaluation.predicting_view import block, plain, predictions_table
    from swatch.evaluation.tables import table_text
    from swatch.files import json_text, write_text

    files = image_files(images)
    out = console()
    shows = not as_json and (len(files) <= MOST_PICTURES if pictures is None else pictures)
    predictions: list[Prediction] = []
    unreadable: list[Unreadable] = []
    for result in predict_files(predictor, predictor.eye(whole=whole), files, invert):
        if isinstance(result, Unreadable):
            unreadable.append(result)
            say(f"swatch: {result.file} {result.reason}")
            continue
        predictions.append(result)
        if shows:
            out.print(block(predictor, result, out))
            out.print()
    if as_json:
        out.print(
            json_text(plain(predictor, predictions, unreadable), indent=2), markup=False, soft_wrap=True
        )
    elif not shows and predictions:
        out.print(predictions_table(predictor, predictions, out.width))
    if output is not None and predictions:
        probabilities = np.stack([each.probabilities for each in predictions])
        names = [each.file for each in predictions]
        write_text(output, table_text(predictor, probabilities, form, files=names))
        say(_written(output, len(predictions), predictor))
    return 2 if unreadable else 0
