"""A sweep's report: one self-contained HTML page that opens from disk without a network."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from swatch.report import labels
from swatch.report.amounts import amount, signed_range
from swatch.report.confusion import confusion_of
from swatch.report.frame import STANDALONE, Frame
from swatch.report.ranking import best_epoch, best_trial, focus_range, ranked, result_text, value_of
from swatch.report.rendering import asset, environment, write_page
from swatch.report.sweep import findings, paired_words, transfer_words
from swatch.report.sweep.axes import Axis, build_axes
from swatch.report.sweep.background import NOTHING, Background, background_of
from swatch.report.sweep.baseline import baseline
from swatch.report.sweep.correlations import correlations
from swatch.report.sweep.curves import collect
from swatch.report.sweep.decisions import savings, verdicts
from swatch.report.sweep.front_view import front_of
from swatch.report.sweep.importance import DRAWS, FEW, Importance, ParameterImportance, importance
from swatch.report.sweep.page_data import drawn_axes, figure_data, script_json
from swatch.report.sweep.paired_comparison import comparisons
from swatch.report.sweep.paired_data import alike_data, shown_groups
from swatch.report.sweep.pictures import pictures
from swatch.report.sweep.statements import Facts, statements
from swatch.report.sweep.times import time_correlations, typical_times
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState
from swatch.sweep.results.again import train_command

_SCRIPTS = (
    *("theme.js", "controls.js", "plotly_loading.js", "sweep_data.js", "selection.js", "drawing.js"),
    *("figure_progress.js", "figure_parallel.js", "figure_curves.js", "figure_slices.js"),
    *("figure_contours.js", "figure_stopping.js", "figure_time.js", "figure_front.js"),
    *("figure_repeats.js", "figure_best.js", "figure_alike.js"),
    *("refreshing.js", "page.js"),
)
_SPARK_WIDTH, _SPARK_HEIGHT = 120.0, 26.0


def write(
    sweep: SweepRecord,
    trials: Iterable[TrialRecord],
    path: Path,
    *,
    home: Path | None = None,
    frame: Frame = STANDALONE,
) -> None:
    """Write the report to ``path`` (UTF-8), replacing an earlier one at once and whole.

    ``home`` is where the run directories lie: with it, the page also shows what the sweep's model believes
    and the best run's images.
    """
    trials = list(trials)
    background = NOTHING if home is None else background_of(sweep, trials, home)
    write_page(path, render(sweep, trials, background=background, frame=frame))


def render(
    sweep: SweepRecord,
    trials: Iterable[TrialRecord],
    *,
    background: Background = NOTHING,
    frame: Frame = STANDALONE,
) -> str:
    """Return the report as HTML; equal records give equal text.

    ``background`` is what :func:`swatch.report.sweep.background.background_of` finds beside the records.
    """
    trials = sorted(trials, key=lambda trial: trial.number)
    best = best_trial(sweep, trials)
    axes = build_axes(sweep.parameters, trials)
    curves = collect(sweep, trials)
    explained = _explain(sweep, trials, axes)
    related = correlations(axes, [value_of(trial) for trial in trials])
    judged, saved = verdicts(trials), savings(trials)
    compared = comparisons(sweep, trials, axes)
    line, front = baseline(sweep, trials), front_of(trials, background.metrics)
    facts = Facts(sweep, trials, axes, explained, related, judged, saved, background.belief, compared)
    data = figure_data(
        *(sweep, trials, best, axes, curves),
        importance=explained,
        baseline=line,
        verdicts=judged,
        front=front,
    )
    data["alike"] = alike_data(compared)
    spreads = [trial.spread for trial in trials if trial.spread is not None]
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", sweep.id).strip("-") or "best"
    return str(
        environment()
        .get_template("sweep.html.j2")
        .render(
            frame=frame,
            sweep=sweep,
            metric_label=labels.metric_label(sweep.metric),
            headline=findings.headline(sweep, trials, best),
            second_finding=findings.importance_sentence(explained),
            findings=[*_given(sweep, background), *statements(facts)],
            few=FEW,
            problems=background.problems,
            states=findings.states_of(trials),
            trials=trials,
            ranked=ranked(sweep, trials),
            with_value=sum(value_of(trial) is not None for trial in trials),
            wall_clock=findings.wall_clock(trials),
            trial_time=findings.trial_time(trials),
            epoch_seconds=typical_times(trials),
            time_correlations=time_correlations(axes, trials),
            failures=findings.failures(trials),
            best=best,
            best_panels=data["bestPanels"],
            pictures=pictures(background.samples),
            axes=axes,
            drawn_axes=drawn_axes(axes, trials),
            names=labels.short_names(axis.key for axis in axes),
            importance=explained,
            importance_notes=findings.importance_notes(explained) if explained else [],
            draws=DRAWS,
            correlations=related,
            pairs=data["pairs"],
            front=front,
            baseline=line,
            verdicts=judged,
            savings=saved,
            belief=background.belief,
            transfer=background.transfer,
            transfer_words=transfer_words,
            alike=compared,
            shown_groups=shown_groups,
            paired_words=paired_words,
            amount=amount,
            format_spread=labels.format_spread,
            signed_range=signed_range,
            repeated=len(spreads),
            seed_spread=math.sqrt(sum(each**2 for each in spreads) / len(spreads)) if spreads else None,
            curves=curves,
            confusion=confusion_of(best.summary) if best else None,
            command=train_command(best) if best else None,
            export=shlex.join(["swatch", "best", sweep.id, "--export", f"conf/experiment/{name}.yaml"])
            if best and best.overrides
            else None,
            export_name=name,
            versions=_versions(best),
            columns=[axis for axis in axes if axis.varies or len(trials) == 1],
            shared=[axis for axis in axes if not axis.varies and len(trials) > 1],
            show_epochs=not curves.are_empty,
            show_reasons=any(trial.reason for trial in trials),
            state_symbols=_SYMBOLS,
            value_of=value_of,
            result_text=result_text,
            best_epoch=best_epoch,
            spark=_spark,
            data=script_json(data),
            style=asset("report.css") + asset("sweep.css") + asset("comparing.css"),
            script="\n".join(asset(name) for name in _SCRIPTS),
        )
    )


def _given(sweep: SweepRecord, background: Background) -> list[str]:
    """Return the first thing to say of given configs; the rest is said in their section."""
    return [] if background.transfer is None else transfer_words.sentences(sweep, background.transfer)[:1]


def _versions(best: TrialRecord | None) -> dict[str, str]:
    found = best.summary.get("versions") if best else None
    return {str(name): str(version) for name, version in found.items()} if isinstance(found, Mapping) else {}


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
