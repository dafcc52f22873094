"""`swatch data`: what is about data sets alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from swatch.errors import UserError

if TYPE_CHECKING:
    from swatch.data.source import Source


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Fetch the data sets, and look at what is in them."""


@command.command()
@click.argument("dataset", default="fashion_mnist")
@click.argument("overrides", nargs=-1)
@click.option("--folder", metavar="FOLDER", help="Check the files in this folder instead of fetching them.")
@click.option("--cache", metavar="FOLDER", help="Keep the files here instead of in the user's cache folder.")
def fetch(dataset: str, overrides: tuple[str, ...], folder: str | None, cache: str | None) -> None:
    """Fetch, check and unpack a data set, its test images too, and say where it lies.

    DATASET is a choice of the config group `data`, OVERRIDES are Hydra overrides such as `data.mirrors=[]`.
    Training does the same for its images on first use.
    """
    dataset, overrides = _sorted(dataset, overrides)
    source = _source(dataset, overrides, {"folder": folder, "cache": cache})
    source.prepare(test=source.has_test_set)
    _show(source)


@command.command()
@click.argument("dataset", default="fashion_mnist")
@click.argument("overrides", nargs=-1)
@click.option("--test", is_flag=True, help="Open the test set too, to count and compare its images.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    help="Where to write the page; default: explore_DATASET.html.",
)
@click.option("--wandb", "to_wandb", is_flag=True, help="Log it to W&B too, as `tracking.mode` says.")
def explore(
    dataset: str, overrides: tuple[str, ...], test: bool, output: Path | None, to_wandb: bool
) -> None:
    """Show what is in a data set: in the terminal, and more of it on a page.

    Counts, pixels, samples of each class, images that occur twice or are nearly empty, training and
    validation compared, and what each augmentation does. DATASET and OVERRIDES are as for `fetch`; with an
    override such as `augmentation=shift` only that one is shown.
    """
    import shlex

    from swatch.compose import compose
    from swatch.console import console, say
    from swatch.data.exploring.exploration import explore as look_at
    from swatch.files import make_folder
    from swatch.report.exploration import page, sending, terminal
    from swatch.report.exploration.augmenting import augment_all

    dataset, overrides = _sorted(dataset, overrides)
    composition = compose([f"data={dataset}", *overrides])
    mode = sending.find_mode(composition) if to_wandb else None
    exploration = look_at(_source(dataset, overrides, {}), test=test)
    if test:
        say("THE TEST SET WAS OPENED: its images were counted and compared. Choose nothing by it.")
    augmented = augment_all(exploration, (f"data={dataset}", *overrides))
    path = output or Path(f"explore_{dataset}.html")
    typed = ["swatch", "data", "explore", dataset, *overrides, *(["--test"] if test else [])]
    make_folder(path.parent)
    page.write(exploration, augmented, shlex.join(typed), path)
    terminal.show(exploration, augmented, console())
    console().print(f"page  {path}", markup=False, soft_wrap=True)
    if mode is not None:
        console().print(sending.send(exploration, composition, mode, path), markup=False, soft_wrap=True)


def _sorted(dataset: str, overrides: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Tell the data set from the overrides: it may be left out before them."""
    return ("fashion_mnist", (dataset, *overrides)) if "=" in dataset else (dataset, overrides)


def _source(dataset: str, overrides: tuple[str, ...], options: dict[str, str | None]) -> Source:
    """Build the data set that the config describes, with the command's options in it."""
    from swatch.compose import build, compose

    node: Any = compose([f"data={dataset}", *overrides]).config.data
    for key, value in options.items():
        if value is None:
            continue
        if key not in node:
            raise UserError(f"--{key}: the data set {dataset} takes no {key}")
        # Set here, not as an override: a path may hold what Hydra's grammar gives a meaning.
        node[key] = value
    source: Source = build(node)
    return source


def _show(source: Source) -> None:
    from swatch.console import console

    training = source.training_set()
    test = f"{len(source.test_set()):,} to test" if source.has_test_set else "none to test"
    files = source.files()
    width = max((len(str(file.path)) for file in files), default=0)
    lines = [
        f"{source.title} is ready: {len(training):,} images to train and validate, {test}.",
        *(
            f"{file.path!s:<{width}}  {file.path.stat().st_size:>10,} bytes, from {file.origin}"
            for file in files
        ),
    ]
    console().print("\n".join(lines), markup=False, soft_wrap=True)
