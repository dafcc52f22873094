"""The panels as W&B's library puts them on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from synthetic import make_sweep, make_trials

pytest.importorskip("wandb_workspaces", reason="needs the extra 'workspace'")

from swatch.report.workspace.library import load_library
from swatch.report.workspace.panels import sections
from swatch.report.workspace.sources import of_ledger
from swatch.report.workspace.subject import Subject
from swatch.tracking.remote_sweep import RemoteSweep

GROUPS = ("optimizer",)


def wire(subject: Subject) -> dict[str, list[dict[str, Any]]]:
    """Section to panels as they are sent."""
    found = sections(load_library().reports, subject)
    return {
        section.name: [
            panel._to_model().model_dump(by_alias=True, exclude_none=True) for panel in section.panels
        ]
        for section in found
    }


def of_type(panels: list[dict[str, Any]], view_type: str) -> list[dict[str, Any]]:
    return [panel["config"] for panel in panels if panel["viewType"] == view_type]


@pytest.fixture(scope="module")
def subject() -> Subject:
    remote = RemoteSweep("https://host", "me", "mine", "abcd1234")
    return of_ledger(make_sweep(), make_trials(4), remote, GROUPS)


def test_the_sections_and_which_are_open(subject: Subject) -> None:
    found = sections(load_library().reports, subject)
    assert [section.name for section in found] == ["sweep", "val", "train", "test", "schedule", "speed"]
    assert [section.name for section in found if section.is_open] == ["sweep", "val", "train"]


def test_the_search_panels(subject: Subject) -> None:
    panels = wire(subject)["sweep"]
    (best,) = of_type(panels, "Scalar Chart")
    assert best["metrics"] == ["val/accuracy"] and best["groupAgg"] == "max"
    (scatter,) = of_type(panels, "Scatter Plot")
    assert (scatter["xAxis"], scatter["yAxis"]) == ("run:createdAt", "summary:val/accuracy")
    assert scatter["showMaxYAxisLine"] is True and "showMinYAxisLine" not in scatter
    (importance,) = of_type(panels, "Parameter Importance")
    assert importance["targetKey"] == "val/accuracy"
    (coordinates,) = of_type(panels, "Parallel Coordinates Plot")
    assert coordinates["columns"] == [
        {"accessor": "config:optimizer.value._target_", "displayName": "optimizer"},
        {"accessor": "config:optimizer.value.learning_rate", "displayName": "learning_rate", "log": True},
        {"accessor": "config:optimizer.value.beta1", "displayName": "beta1"},
        {"accessor": "config:batch_size.value", "displayName": "batch_size"},
        {"accessor": "config:model.value.hidden_sizes", "displayName": "hidden_sizes"},
        {"accessor": "config:model.value.dropout", "displayName": "dropout"},
        {"accessor": "config:model.value.activation", "displayName": "activation"},
        {"accessor": "summary:val/accuracy", "displayName": "validation accuracy"},
    ]


def test_a_metric_to_minimize_has_its_best_at_the_top_too() -> None:
    sweep = make_sweep(metric="val/loss", goal="minimize")
    panels = wire(of_ledger(sweep, make_trials(2), None, GROUPS))["sweep"]
    assert of_type(panels, "Scalar Chart")[0]["groupAgg"] == "min"
    assert of_type(panels, "Scatter Plot")[0]["showMinYAxisLine"] is True
    assert of_type(panels, "Parallel Coordinates Plot")[0]["columns"][-1]["inverted"] is True


@pytest.mark.parametrize(
    ("section", "metrics"),
    [
        ("val", ["val/accuracy", "val/loss"]),
        ("train", ["train/accuracy", "train/loss"]),
        ("test", ["test/accuracy", "test/loss"]),
        ("schedule", ["learning_rate", "momentum"]),
        ("speed", ["samples_per_second", "seconds"]),
    ],
)
def test_curves_are_drawn_over_the_epochs(subject: Subject, section: str, metrics: list[str]) -> None:
    curves = of_type(wire(subject)[section], "Run History Line Plot")
    assert [curve["metrics"] for curve in curves] == [[metric] for metric in metrics]
    assert {curve["xAxis"] for curve in curves} == {"epoch"}


def test_matrices_pictures_and_tables_of_the_classes(subject: Subject) -> None:
    panels = wire(subject)["val"]
    charts = of_type(panels, "Vega2")
    assert [chart["panelDefId"] for chart in charts] == ["wandb/confusion_matrix/v1"] * 2
    keys = [chart["userQuery"]["queryFields"][0]["fields"][0]["args"][0]["value"] for chart in charts]
    assert keys == ["val/confusion_matrix_table", "val/confusion_matrix_normalized_table"]
    assert of_type(panels, "Media Browser")[0]["mediaKeys"] == ["val/confusion_matrix_images"]
    tables = of_type(panels, "Weave")
    picked = [table["panel2Config"]["exp"]["fromOp"]["inputs"]["key"]["val"] for table in tables]
    assert picked == ["val/per_class", "val/samples"]


def test_norms_are_found_by_the_beginning_of_their_names() -> None:
    trials = make_trials(1)
    trials[0].history[0]["norm/gradient/dense_1"] = 0.1
    curves = of_type(wire(of_ledger(make_sweep(), trials, None, GROUPS))["norm"], "Run History Line Plot")
    assert [curve["metricRegex"] for curve in curves] == ["norm/weight/.*", "norm/gradient/.*"]
    assert all(curve["useMetricRegex"] for curve in curves)


def test_a_function_has_its_own_sections_and_no_matrices() -> None:
    sweep = make_sweep(function="module:train", metric="score", goal="maximize")
    trials = make_trials(1)
    trials[0].history[:] = [{"epoch": 1, "score": 0.5}]
    found = wire(of_ledger(sweep, trials, None, GROUPS))
    assert list(found) == ["sweep", "metrics"]
    assert [panel["viewType"] for panel in found["metrics"]] == ["Run History Line Plot"]


def test_a_sweep_of_constants_has_no_parallel_coordinates() -> None:
    sweep = make_sweep(parameters={"epochs": {"value": 3}})
    types = [panel["viewType"] for panel in wire(of_ledger(sweep, make_trials(1), None, GROUPS))["sweep"]]
    assert types == ["Scalar Chart", "Scatter Plot"]
