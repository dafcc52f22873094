"""The panels of a subject, in sections, as objects of W&B's library.

They are described once for workspaces and reports. Where a metric is a plain string it means a run's summary
or history; keys of the config are always typed, because the library takes a plain string for a metric there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from swatch.report.labels import metric_label
from swatch.report.workspace.subject import NORM_CURVES, Subject

X_AXIS = "epoch"
MOST_CURVES = 50
"""How many runs one panel shows."""

# Widths and heights in the 24 columns of a report's grid.
_WIDE, _HALF, _THIRD = (24, 9), (12, 8), (8, 6)
_CHART = "wandb/confusion_matrix/v1"
_CHART_COLUMNS = ("Actual", "Predicted", "nPredictions")
_MATRIX = "val/confusion_matrix"
_CHARTS = {_MATRIX: "Confusion matrix (val)", f"{_MATRIX}_normalized": "Shares of each true class (val)"}
_PICTURES = f"{_MATRIX}_images"
_TABLES = ("val/per_class", "val/samples")


@dataclass(frozen=True)
class PanelSection:
    """A titled group of panels."""

    name: str
    panels: tuple[Any, ...]
    is_open: bool = False


def sections(wr: Any, subject: Subject) -> list[PanelSection]:
    """Return the sections of a subject, the most telling first.

    Args:
        wr: The module ``wandb_workspaces.reports.v2``.
        subject: What to show.
    """
    found = [PanelSection("sweep" if subject.members else "runs", tuple(_search(wr, subject)), is_open=True)]
    for name, metrics in subject.curves.items():
        panels = [_curve(wr, metric) for metric in metrics]
        if name == "val" and subject.is_network:
            panels += _classes(wr)
        found.append(PanelSection(name, tuple(panels), is_open=name in ("val", "train") or len(found) == 1))
    if subject.has_norms:
        found.append(PanelSection("norm", tuple(_norms(wr))))
    return found


def _search(wr: Any, subject: Subject) -> list[Any]:
    best = "max" if subject.goal == "maximize" else "min"
    label = metric_label(subject.metric)
    result = wr.SummaryMetric(subject.metric)
    panels = [
        wr.ScalarChart(
            title=f"best {label}",
            metric=subject.metric,
            groupby_aggfunc=best,
            layout=_layout(wr, _THIRD),
        ),
        wr.ScatterPlot(
            title=f"{label} over time",
            x=wr.Metric("CreatedTimestamp"),
            y=result,
            running_ymax=best == "max" or None,
            running_ymin=best == "min" or None,
            layout=_layout(wr, (16, 6)),
        ),
    ]
    if not subject.parameters:
        return panels
    column: Callable[..., Any] = wr.ParallelCoordinatesPlotColumn
    columns = [
        column(metric=wr.Config(parameter.path), display_name=parameter.label, log=parameter.is_log or None)
        for parameter in subject.parameters
    ]
    # With the best at the top, whichever direction that is.
    columns.append(column(metric=result, display_name=label, inverted=best == "min" or None))
    panels += [
        wr.ParallelCoordinatesPlot(title="Parameters and result", columns=columns, layout=_layout(wr, _WIDE)),
        wr.ParameterImportancePlot(with_respect_to=subject.metric, layout=_layout(wr, _WIDE)),
    ]
    return panels


def _curve(wr: Any, metric: str) -> Any:
    return wr.LinePlot(
        title=metric_label(metric),
        x=X_AXIS,
        y=[metric],
        max_runs_to_show=MOST_CURVES,
        layout=_layout(wr, _HALF),
    )


def _norms(wr: Any) -> list[Any]:
    return [
        wr.LinePlot(title=prefix.strip("/"), x=X_AXIS, metric_regex=f"{prefix}.*", layout=_layout(wr, _HALF))
        for prefix in NORM_CURVES
    ]


def _classes(wr: Any) -> list[Any]:
    charts = [
        wr.CustomChart(
            query={"summaryTable": {"tableKey": f"{key}_table"}},
            chart_name=_CHART,
            chart_fields={column: column for column in _CHART_COLUMNS},
            chart_strings={"title": title},
            layout=_layout(wr, _HALF),
        )
        for key, title in _CHARTS.items()
    ]
    pictures = wr.MediaBrowser(
        title="Confusion matrices", media_keys=[_PICTURES], num_columns=2, layout=_layout(wr, _WIDE)
    )
    tables = [wr.WeavePanelSummaryTable(table_name=name, layout=_layout(wr, _WIDE)) for name in _TABLES]
    return [*charts, pictures, *tables]


def _layout(wr: Any, size: tuple[int, int]) -> Any:
    width, height = size
    return wr.Layout(w=width, h=height)
