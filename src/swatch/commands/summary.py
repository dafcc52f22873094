"""``swatch summary``: a model's layers, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

    from swatch.nn import Network
    from swatch.nn.network import LayerSummary


@click.command("summary", context_settings={"ignore_unknown_options": True})
@click.argument("overrides", nargs=-1, type=click.UNPROCESSED)
def command(overrides: tuple[str, ...]) -> None:
    """Show a model layer by layer: output shapes, parameters, multiply-adds, and the memory of a training.

    OVERRIDES are those of `swatch train`, such as model=cnn or batch_size=64. Nothing is trained, and no data
    is needed.
    """
    from swatch.console import console
    from swatch.report.terminal.widths import natural_width

    network, batch_size, state_vectors = build_network(overrides)
    rows = network.summary()
    out = console()
    table = _table(rows, with_kinds=True)
    # The names nearly say what a layer is; a number must not be cut off.
    fits = natural_width(table, out) <= out.width
    out.print(table if fits else _table(rows, with_kinds=False))
    trained, untrained = sum(row.parameters for row in rows), sum(row.buffers for row in rows)
    of_parameters = network.parameters.values.nbytes
    work = sum(row.memory for row in rows)
    total = (2 + state_vectors) * of_parameters + work
    state = f"{state_vectors} x {show_bytes(of_parameters)} for the optimizer, " if state_vectors else ""
    for line in (
        f"{trained + untrained:,} parameters, {trained:,} of them trained and {untrained:,} not",
        f"{sum(row.multiply_adds for row in rows):,} multiply-adds for an image, forward",
        f"{show_bytes(total)} to train with batches of {batch_size:,}: {show_bytes(of_parameters)} for "
        f"parameters, as much for gradients, {state}{show_bytes(work)} work memory",
    ):
        out.print(line, soft_wrap=True)


def _table(rows: list[LayerSummary], *, with_kinds: bool) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for title in ("layer", "kind") if with_kinds else ("layer",):
        table.add_column(title, no_wrap=True)
    for title in ("output", "parameters", "not\ntrained", "multiply-\nadds", "work\nmemory"):
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            *((row.name, row.kind) if with_kinds else (row.name,)),
            "x".join(map(str, row.output_shape)),
            *(f"{number:,}" if number else "" for number in (row.parameters, row.buffers, row.multiply_adds)),
            show_bytes(row.memory) if row.memory else "",
        )
    return table


def build_network(overrides: tuple[str, ...]) -> tuple[Network, int, int]:
    """Build the model of a config.

    Args:
        overrides: Hydra overrides.

    Returns:
        The network, the batch size, and how many vectors as long as the parameters the optimizer keeps.

    Raises:
        UserError: the config is wrong.
    """
    from swatch.compose import build, compose
    from swatch.nn import Network

    composition = compose(overrides)
    config, settings = composition.config, composition.settings
    source = build(config.data)
    network = Network(
        build(config.model, classes=source.classes),
        source.image_shape,
        batch_size=settings.batch_size,
        seed=settings.seed,
    )
    return network, settings.batch_size, len(build(config.optimizer).vectors)


def show_bytes(count: int) -> str:
    """Return a number of bytes in kB, MB or GB, to about three digits."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
