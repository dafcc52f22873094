"""Saving a workspace and a report, each in the place of its earlier self."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from swatch.report.labels import metric_label
from swatch.report.workspace.library import Library
from swatch.report.workspace.panels import MOST_CURVES, X_AXIS, PanelSection
from swatch.report.workspace.subject import Subject


def save_workspace(
    library: Library, subject: Subject, sections: Sequence[PanelSection], entity: str, project: str
) -> str:
    """Save the workspace as a view of the project and return its address.

    The view's own name follows from what it is about, so that it is found again from any machine. Sections
    that somebody added to it in the UI stay, behind ours.
    """
    ws = library.workspaces
    name = view_name(entity, project, subject.name)
    earlier = _find_view(ws, entity, project, name)
    ours = [_section(ws, section) for section in sections]
    names = {section.name for section in sections}
    kept = [section for section in earlier.sections if section.name not in names] if earlier else []
    is_best_first = subject.goal == "maximize"
    workspace = ws.Workspace(
        entity=entity,
        project=project,
        name=subject.title,
        sections=[*ours, *kept],
        settings=ws.WorkspaceSettings(x_axis=X_AXIS, max_runs=MOST_CURVES, group_by_prefix="first"),
        runset_settings=ws.RunsetSettings(
            filters=filter_text(subject),
            order=[ws.Ordering(ws.Summary(subject.metric), ascending=not is_best_first)],
            pinned_columns=_columns(subject),
        ),
    )
    workspace._internal_name = f"nw-{name}-v"
    workspace._internal_id = earlier._internal_id if earlier else ""
    return str(workspace.save().url)


def save_report(
    library: Library, subject: Subject, sections: Sequence[PanelSection], entity: str, project: str
) -> str:
    """Save the report, in the place of an earlier one of the same title, and return its address."""
    import wandb

    wr = library.reports
    runs = "all runs of the project" if subject.members is None else f"the runs of {subject.name}"
    blocks: list[Any] = [
        wr.P(f"{metric_label(subject.metric).capitalize()} is what counts ({subject.goal}), in {runs}."),
        wr.TableOfContents(),
    ]
    for section in sections:
        runset = wr.Runset(
            entity=entity,
            project=project,
            name=subject.name or "All runs",
            filters=filter_text(subject),
            order=[wr.OrderBy(wr.SummaryMetric(subject.metric), ascending=subject.goal == "minimize")],
        )
        blocks += [wr.H2(section.name), wr.PanelGrid(runsets=[runset], panels=list(section.panels))]
    if subject.text:
        blocks += [wr.H2("The sweep"), wr.CodeBlock(code=subject.text, language="yaml")]
    report = wr.Report(entity=entity, project=project, title=subject.title, blocks=blocks, width="fluid")
    for earlier in wandb.Api().reports(f"{entity}/{project}"):
        if earlier.display_name == report.title:
            report.id = earlier.id
            break
    return str(report.save().url)


def view_name(entity: str, project: str, name: str) -> str:
    """Return the view's part of its address: eleven characters that follow from what it is about."""
    return hashlib.sha256("/".join((entity, project, name)).encode()).hexdigest()[:11]


def filter_text(subject: Subject) -> str:
    """Return the library's expression for the subject's runs; empty for all."""
    if subject.members is None:
        return ""
    attribute, value = subject.members
    return f"Metric({attribute!r}) == {value!r}"


def _find_view(ws: Any, entity: str, project: str, name: str) -> Any:
    try:
        # The library reads the path and the name only, whatever the host.
        return ws.Workspace.from_url(f"https://wandb.ai/{entity}/{project}?nw={name}")
    except ValueError as error:
        if "not found in project" in str(error):
            return None
        raise


def _section(ws: Any, section: PanelSection) -> Any:
    return ws.Section(
        name=section.name,
        panels=list(section.panels),
        is_open=section.is_open,
        panel_settings=ws.SectionPanelSettings(x_axis=X_AXIS),
    )


def _columns(subject: Subject) -> list[str]:
    """Return the columns that the table of runs begins with."""
    keys = [parameter.path.partition(".") for parameter in subject.parameters]
    config = [f"config:{first}.value{dot}{rest}" for first, dot, rest in keys]
    return ["run:displayName", "run:state", f"summary:{subject.metric}", *config]
