"""`swatch data`: what is about data sets alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from swatch.errors import UserError

if TYPE_CHECKING:
    from swatch.data.source import Source


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Fetch the data sets."""


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
    if "=" in dataset:
        dataset, overrides = "fashion_mnist", (dataset, *overrides)
    source = _source(dataset, overrides, {"folder": folder, "cache": cache})
    source.prepare(test=True)
    _show(source)


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

    training, test = source.training_set(), source.test_set()
    files = source.files()
    width = max((len(str(file.path)) for file in files), default=0)
    lines = [
        f"{source.title} is ready: {len(training):,} images to train and validate, {len(test):,} to test.",
        *(
            f"{file.path!s:<{width}}  {file.path.stat().st_size:>10,} bytes, from {file.origin}"
            for file in files
        ),
    ]
    console().print("\n".join(lines), markup=False, soft_wrap=True)
