"""A run as one HTML page: what came of it, how it went, what it was trained with, how to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swatch.evaluation.comparing import INTERRUPTED, RUNNING
from swatch.report.evaluation.page import picture
from swatch.report.frame import STANDALONE, Frame
from swatch.report.labels import finite, format_metric, format_seconds, metric_label
from swatch.report.rendering import asset, environment, write_page
from swatch.report.run.config_rows import config_rows, default_values
from swatch.report.run.curves import constants, panels
from swatch.report.run.view import RunView
from swatch.report.sweep.page_data import script_json
from swatch.schema.void import without_void

_SCRIPTS = ("theme.js", "controls.js", "plotly_loading.js", "lines.js", "run.js")
_SYMBOLS = {"finished": "●", "stopped": "◆", RUNNING: "○", INTERRUPTED: "◇", "failed": "✕"}
_MOST_SAMPLES = 60


@dataclass(frozen=True)
class SampleView:
    """One image and what the network makes of it."""

    source: str
    """A data URI."""
    actual: str
    predicted: str
    probability: float

    @property
    def is_right(self) -> bool:
        """Whether the answer is the true class."""
        return self.actual == self.predicted


def write(view: RunView, path: Path) -> None:
    """Write the page, replacing an earlier one at once and whole.

    Raises:
        UserError: the disk refuses.
    """
    write_page(path, render(view))


def render(
    view: RunView, *, frame: Frame = STANDALONE, evaluation_addresses: Mapping[str, str] | None = None
) -> str:
    """Return the page as HTML; equal views give equal text.

    Args:
        view: the run.
        frame: what the page takes from its surroundings.
        evaluation_addresses: split to the address of the run's evaluation page, of those there are.
    """
    figures = panels(view.history)
    best = view.best
    best_epoch = None if best is None else finite(best.get("epoch"))
    defaults = None if view.is_of_function else default_values()
    timings = view.summary.get("timings")
    return str(
        environment()
        .get_template("run.html.j2")
        .render(
            frame=frame,
            view=view,
            symbol=_SYMBOLS.get(view.status, "○"),
            headline=headline(view),
            says=_state_sentence(view),
            best=best or {},
            best_epoch=None if best_epoch is None else int(best_epoch),
            metric_label=metric_label(view.monitor),
            seconds=_seconds(view),
            overrides=without_void(view.overrides),
            figures=figures,
            constants=constants(view.history),
            rows=config_rows(view.config, defaults),
            defaults_known=defaults is not None,
            samples=_samples(view),
            all_samples=0 if view.samples is None else len(view.samples.images),
            evaluations=_evaluations(view),
            evaluation_addresses=evaluation_addresses or {},
            timings=timings if isinstance(timings, Mapping) else {},
            versions=_mapping(view.summary.get("versions")),
            command=command_again(view),
            sweep_id=_sweep_of(view),
            data=script_json({"panels": figures, "best": best_epoch}),
            style=asset("report.css") + asset("evaluation.css") + asset("run.css"),
            script="\n".join(asset(name) for name in _SCRIPTS),
        )
    )


def headline(view: RunView) -> str:
    """Return what came of the run in one sentence."""
    best = view.best
    value = None if best is None else finite(best.get(view.monitor))
    if best is None or value is None:
        return {
            RUNNING: "No epoch is finished yet",
            "failed": "The run failed before its first epoch was over",
        }.get(view.status, "No epoch was finished")
    said = f"{metric_label(view.monitor)} {format_metric(value)}"
    epoch = finite(best.get("epoch"))
    where = "" if epoch is None else f" in epoch {int(epoch)} of {len(view.history)}"
    return said[0].upper() + said[1:] + where


def command_again(view: RunView) -> str:
    """Return the shell command that goes on with an interrupted run, or trains the same again."""
    sweep_id = _sweep_of(view)
    if view.status == INTERRUPTED and sweep_id is not None:
        return shlex.join(["swatch", "sweep", "--resume", sweep_id])
    # The id of a run that has ended is taken.
    kept = [each for each in view.overrides if view.status == INTERRUPTED or not each.startswith("run.id=")]
    return shlex.join(["swatch", "train", *without_void(kept)])


def _sweep_of(view: RunView) -> str | None:
    return None if view.description is None else view.description.sweep_id


def _state_sentence(view: RunView) -> str:
    reason = str(view.summary.get("reason") or "")
    if view.status == RUNNING:
        planned = f" of {view.planned_epochs}" if view.planned_epochs else ""
        return f"It is running: {len(view.history)}{planned} epochs are over."
    if view.status == INTERRUPTED:
        return "It was interrupted and can go on: the command below continues it."
    said = {"failed": "It failed", "stopped": "It was stopped early", "finished": "It finished"}
    seconds = _seconds(view)
    took = "" if seconds is None else f" after {format_seconds(seconds)}"
    return f"{said.get(view.status, f'It ended as {view.status!r}')}{took}{f': {reason}' if reason else ''}."


def _seconds(view: RunView) -> float | None:
    known = [value for record in view.history if (value := finite(record.get("seconds"))) is not None]
    return finite(view.summary.get("seconds")) or (sum(known) if known else None)


def _samples(view: RunView) -> list[SampleView]:
    if view.samples is None:
        return []
    samples = view.samples
    count = len(samples.images)
    # Evenly over the classes, in whose order the images lie.
    shown = (
        sorted({place * count // _MOST_SAMPLES for place in range(_MOST_SAMPLES)})
        if count > _MOST_SAMPLES
        else range(count)
    )
    return [
        SampleView(
            picture(samples.images[place]),
            samples.labels[int(samples.actual[place])],
            samples.labels[int(samples.predicted[place])],
            float(samples.probability[place]),
        )
        for place in shown
    ]


def _evaluations(view: RunView) -> list[dict[str, Any]]:
    """Return the last evaluation of each split."""
    last = {str(entry.get("split")): entry for entry in view.evaluations}
    return [
        {
            "split": split,
            "accuracy": finite(_mapping(entry.get("metrics")).get("accuracy")),
            "loss": finite(_mapping(entry.get("metrics")).get("loss")),
            "images": entry.get("images"),
            "time": str(entry.get("time", "")),
            "times": sum(str(each.get("split")) == split for each in view.evaluations),
        }
        for split, entry in last.items()
    ]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
