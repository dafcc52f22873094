"""A sweep's report: one self-contained HTML page that opens from disk without a network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from swatch.report import findings, labels
from swatch.report.axes import Axis, build_axes
from swatch.report.confusion import confusion_of
from swatch.report.curves import collect
from swatch.report.importance import Importance, ParameterImportance, importance
from swatch.report.page_data import figure_data, script_json
from swatch.report.ranking import best_epoch, best_trial, focus_range, ranked, result_text, value_of
from swatch.report.rendering import asset, environment, write_page
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState
from swatch.sweep.results import train_command

_SCRIPTS = ("theme.js", "figures.js", "controls.js", "page.js")
_SPARK_WIDTH, _SPARK_HEIGHT = 120.0, 26.0


def write(sweep: SweepRecord, trials: Iterable[TrialRecord], path: Path) -> None:
    """Write the report to ``path`` (UTF-8), replacing an earlier one at once and whole."""
    write_page(path, render(sweep, trials))


def render(sweep: SweepRecord, trials: Iterable[TrialRecord]) -> str:
    """Return the report as HTML; equal records give equal text."""
    from plotly.offline import get_plotlyjs

    trials = sorted(trials, key=lambda trial: trial.number)
    best = best_trial(sweep, trials)
    axes = build_axes(sweep.parameters, trials)
    curves = collect(sweep, trials)
    explained = _explain(sweep, trials, axes)
    template = environment().get_template("sweep.html.j2")
    return str(
        template.render(
            sweep=sweep,
            metric_label=labels.metric_label(sweep.metric),
            headline=findings.headline(sweep, trials, best),
            second_finding=findings.importance_sentence(explained),
            states=findings.states_of(trials),
            trials=trials,
            ranked=ranked(sweep, trials),
            with_value=sum(value_of(trial) is not None for trial in trials),
            wall_clock=findings.wall_clock(trials),
            trial_time=findings.trial_time(trials),
            failures=findings.failures(trials),
            best=best,
            axes=axes,
            names=labels.short_names(axis.key for axis in axes),
            importance=explained,
            importance_notes=findings.importance_notes(explained) if explained else [],
            curves=curves,
            confusion=confusion_of(best.summary) if best else None,
            command=train_command(best) if best else None,
            columns=[axis for axis in axes if axis.varies or len(trials) == 1],
            shared=[axis for axis in axes if not axis.varies and len(trials) > 1],
            show_epochs=not curves.are_empty,
            show_reasons=any(trial.reason for trial in trials),
            state_symbols=_SYMBOLS,
            value_of=value_of,
            result_text=result_text,
            best_epoch=best_epoch,
            spark=_spark,
            data=script_json(figure_data(sweep, trials, best, axes, curves)),
            style=asset("report.css"),
            script="\n".join(asset(name) for name in _SCRIPTS),
            plotly=get_plotlyjs(),
        )
    )


# A state is never told by its colour alone.
_SYMBOLS = {
    TrialState.FINISHED: "●",
    TrialState.STOPPED: "◆",
    TrialState.RUNNING: "○",
    TrialState.WAITING: "○",
    TrialState.FAILED: "✕",
    TrialState.CRASHED: "✕",
}


def _explain(sweep: SweepRecord, trials: Sequence[TrialRecord], axes: Sequence[Axis]) -> Importance | None:
    """Return the parameters' importance.

    Results are clipped to the range that matters, and a failed trial counts as its worst end: left out, the
    failures would make the region where they happen look as good as its few survivors.
    """
    focus = focus_range([value for trial in trials if (value := value_of(trial)) is not None], sweep.goal)
    if focus is None:
        return None
    low, high = focus
    worst = low if sweep.goal == "maximize" else high
    known = [t for t in trials if value_of(t) is not None or t.state is TrialState.FAILED]
    clipped = [worst if (value := value_of(t)) is None else min(max(value, low), high) for t in known]
    # The axes are built anew: positions must go with the trials that count.
    keys = {axis.key for axis in axes}
    narrowed = [axis for axis in build_axes(sweep.parameters, known) if axis.key in keys]
    return importance(narrowed, clipped, sweep.goal)


def _spark(item: ParameterImportance, goal: str) -> dict[str, Any]:
    """Return the points of a small drawing of a parameter's marginal, in pixels, and the best one."""
    low, high = min(item.marginal), max(item.marginal)
    left, right = min(item.positions), max(item.positions)

    def point(position: float, value: float) -> tuple[float, float]:
        x = 3 + (position - left) / ((right - left) or 1) * (_SPARK_WIDTH - 6)
        y = 3 + (high - value) / ((high - low) or 1) * (_SPARK_HEIGHT - 6)
        return round(x, 1), round(y, 1)

    points = [point(*pair) for pair in zip(item.positions, item.marginal, strict=True)]
    extreme = max(item.marginal) if goal == "maximize" else min(item.marginal)
    return {"points": points, "best": points[item.marginal.index(extreme)], "is_line": not item.is_discrete}
