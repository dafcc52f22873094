"""``swatch gradcheck``: every gradient of a model and its loss against finite differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from swatch.nn.gradcheck import GradientCheck


@click.command("gradcheck", context_settings={"ignore_unknown_options": True})
@click.option("--batch-size", type=click.IntRange(1), default=4, show_default=True, help="Random samples.")
@click.option(
    "--coordinates",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    help="Compared in every weight matrix and bias, drawn at random.",
)
@click.option("--all", "compare_all", is_flag=True, help="Compare every coordinate; slow.")
@click.argument("overrides", nargs=-1, type=click.UNPROCESSED)
def command(batch_size: int, coordinates: int, compare_all: bool, overrides: tuple[str, ...]) -> None:
    """Compare every gradient of the model and the loss with finite differences, in float64.

    OVERRIDES are those of `swatch train`, such as model.activation=tanh or loss.label_smoothing=0.1. Exits
    with 1 if a relative error is above 1e-6.
    """
    from rich import box
    from rich.table import Table

    from swatch.console import console
    from swatch.errors import RunFailed
    from swatch.nn.gradcheck import TOLERANCE

    rows = check(overrides, batch_size, None if compare_all else coordinates)
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("gradient of", "shape", "compared", "largest relative error", ""):
        table.add_column(title, justify="left" if title in ("gradient of", "") else "right")
    for row in rows:
        verdict = "[green]ok[/]" if row.passed else "[bold red]wrong[/]"
        shape = "x".join(map(str, row.shape))
        table.add_row(row.name, shape, f"{row.checked:,}", f"{row.error:.1e}", verdict)
    console().print(table)
    wrong = [row.name for row in rows if not row.passed]
    if wrong:
        raise RunFailed(
            f"{len(wrong)} of {len(rows)} gradients differ by more than {TOLERANCE:g}: {', '.join(wrong)}"
        )
    console().print(f"All {len(rows)} gradients agree to {TOLERANCE:g}.")


def check(overrides: tuple[str, ...], batch_size: int, coordinates: int | None) -> list[GradientCheck]:
    """Compose model and loss and compare their gradients on a random batch.

    Args:
        overrides: Hydra overrides.
        batch_size: number of random samples.
        coordinates: compared in every segment; None compares all.

    Raises:
        UserError: the config is wrong.
    """
    import numpy as np

    from swatch.compose import build, compose
    from swatch.nn import Network
    from swatch.nn.gradcheck import check_network
    from swatch.seeding import spawn

    composition = compose(overrides)
    config, seed = composition.config, composition.settings.seed
    source = build(config.data)
    network = Network(
        build(config.model, classes=source.classes),
        source.image_shape,
        batch_size=batch_size,
        seed=seed,
        dtype=np.float64,
    )
    generator = np.random.default_rng(spawn(seed, "gradcheck"))
    # Away from zeros (biases, some initial weights), where ReLU has its kink and derivatives vanish.
    network.parameters.values += 0.05 * generator.standard_normal(network.parameters.size)
    x = generator.standard_normal((batch_size, *source.image_shape))
    labels = generator.integers(source.classes, size=batch_size)
    return check_network(network, build(config.loss), x, labels, coordinates=coordinates, seed=seed)
