"""What `swatch train` can show before it trains: a range of learning rates, and the schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from swatch.compose import Composition


def find_rate(composition: Composition, output: Path | None) -> None:
    """Try all learning rates in one short run, and show the losses and a suggestion.

    Args:
        composition: The config; nothing is written but the plot.
        output: The plot as an HTML page; None draws in the terminal alone.

    Raises:
        UserError: The config, the data or the disk is at fault.
    """
    from swatch.console import console
    from swatch.report.terminal.text_chart import line_chart
    from swatch.threads import limit_threads

    limit_threads(composition.settings.training.threads)
    from swatch.training.assembly import assemble
    from swatch.training.data_cache import prepare_data
    from swatch.training.learning_rate_finder import find_learning_rate

    found = find_learning_rate(assemble(composition, prepare_data(composition)))
    out = console()
    chart = line_chart(found.rates.tolist(), found.losses.tolist(), log_x=True, x_label="learning rate")
    out.print("training loss, smoothed", markup=False)
    out.print(chart, markup=False, soft_wrap=True)
    out.print(f"steepest at        {found.steepest:.2g}")
    out.print(f"suggestion         [bold]optimizer.learning_rate={found.suggestion:.2g}[/]")
    if output is not None:
        lines = {"steepest": found.steepest, "suggestion": found.suggestion}
        series = {"loss": (found.rates.tolist(), found.losses.tolist())}
        _write_page(output, "Learning rates", "learning rate", series, log_x=True, marks=lines)


def show_schedule(composition: Composition, output: Path | None) -> None:
    """Show the hyperparameters that the schedule gives every step.

    Args:
        composition: The config; the data is read for the number of steps.
        output: The plot as an HTML page; None draws in the terminal alone.

    Raises:
        UserError: The config, the data or the disk is at fault.
    """
    from swatch.console import console
    from swatch.report.terminal.text_chart import line_chart
    from swatch.training.assembly import assemble
    from swatch.training.data_cache import prepare_data

    trainer = assemble(composition, prepare_data(composition))
    total = trainer.total_steps
    steps = sorted({round(number * (total - 1) / 999) for number in range(1000)})
    values = [trainer.schedule(step) for step in steps]
    series: dict[str, tuple[list[float], list[float]]] = {}
    out = console()
    for name in values[0]:
        line = [value[name] for value in values]
        series[name] = ([float(step) for step in steps], line)
        if len(set(line)) == 1:
            out.print(f"{name} is {line[0]:g} in all {total:,} steps", markup=False)
            continue
        out.print(name, markup=False)
        out.print(line_chart(steps, line, height=8, x_label="step"), markup=False, soft_wrap=True)
    if output is not None:
        _write_page(output, "Schedule", "step", series, log_x=False, marks={})


def _write_page(
    output: Path,
    title: str,
    x_label: str,
    series: dict[str, tuple[list[float], list[float]]],
    *,
    log_x: bool,
    marks: dict[str, float],
) -> None:
    """Write one figure for each series as a page that needs no network."""
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    from swatch.console import say
    from swatch.files import write_text

    figure: Any = make_subplots(rows=len(series), cols=1, shared_xaxes=True, vertical_spacing=0.06)
    for row, (name, (x, y)) in enumerate(series.items(), start=1):
        figure.add_trace(Scatter(x=x, y=y, name=name, mode="lines"), row=row, col=1)
        figure.update_yaxes(title_text=name, row=row, col=1)
    for name, place in marks.items():
        figure.add_vline(x=place, line_dash="dot", annotation_text=f"{name} {place:.2g}")
    figure.update_xaxes(type="log" if log_x else "linear")
    figure.update_xaxes(title_text=x_label, row=len(series), col=1)
    figure.update_layout(
        title=title, template="plotly_white", showlegend=False, height=120 + 260 * len(series)
    )
    write_text(output, figure.to_html(include_plotlyjs=True, full_html=True))
    say(f"wrote {output}")
