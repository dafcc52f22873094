"""What is left of a sweep: its best configuration, its table, its report."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swatch.console import shown_path
from swatch.files import write_text
from swatch.sweep.home import BEST_FILE, REPORT_FILE, TABLE_FILE
from swatch.sweep.records import SweepRecord, TrialRecord
from swatch.sweep.results.again import show_command, train_command
from swatch.sweep.results.standing import several_metrics, standing
from swatch.sweep.terminal.arrival import page

if TYPE_CHECKING:
    from rich.console import Console

_FACTS = (
    *("trial", "state", "objective", "best_epoch", "epochs"),
    *("seconds", "attempts", "seed", "run_id", "reason"),
)


def write_results(
    sweep: SweepRecord, trials: Sequence[TrialRecord], folder: Path, *, report: bool = True
) -> None:
    """Write ``trials.csv``, and ``best.yaml`` and ``report.html`` where a trial has a result."""
    from swatch.report.ranking import best_trial
    from swatch.report.sweep import page as sweep_page
    from swatch.sweep.search.pareto import pareto_front

    write_text(folder / TABLE_FILE, trials_csv(sweep, trials))
    best = best_trial(sweep, [trial for trial in trials if trial.state.has_result])
    if best is not None:
        several = several_metrics(sweep)
        front = pareto_front(trials, several) if several else []
        write_text(folder / BEST_FILE, best_yaml(sweep, best, front))
    if report:
        sweep_page.write(sweep, trials, folder / REPORT_FILE, home=folder.parent.parent)


def best_yaml(sweep: SweepRecord, trial: TrialRecord, front: Sequence[TrialRecord] = ()) -> str:
    """Return the best trial as YAML: its result, its parameters, and how to train it again.

    Of several metrics, ``trial`` is the best in the first one, and the trials of the ``front`` are named.
    """
    from swatch.tracking.run_directory import yaml_text

    best = trial.summary.get("best") or {}
    value: dict[str, Any] = {
        "sweep": sweep.id,
        "trial": trial.number,
        "run": trial.run_id,
        "metric": {"name": sweep.metric, "goal": sweep.goal, "value": trial.objective},
        "epoch": best.get("epoch"),
        "seed": trial.seed,
        "parameters": dict(trial.point),
    }
    if front:
        value["front"] = [each.number for each in front]
    if trial.runs:
        value["metric"] |= {"spread": trial.spread, "seeds": dict(trial.values)}
        value["runs"] = [run.run_id for run in trial.runs]
    command = train_command(trial)
    if command is not None:
        value |= {"overrides": list(trial.overrides), "command": command}
    return yaml_text(value)


def trials_csv(sweep: SweepRecord, trials: Sequence[TrialRecord]) -> str:
    """Return a table of all trials: states, results and times, the parameters, the best epoch's metrics.

    With repeats, ``objective`` is the mean, ``spread`` the standard deviation, and every run's best value has
    a column; the epoch and its metrics are those of the first run. With several metrics ``objective`` is the
    best value of the first one; what a trial counts with is in columns of its own (``counts val/loss``), and
    ``front`` says whether no other trial beats it.
    """
    from swatch.sweep.search.pareto import pareto_front, values_of

    keys = list(dict.fromkeys(key for trial in trials for key in trial.point))
    metrics = list(dict.fromkeys(key for trial in trials for key in trial.summary.get("best") or {}))
    metrics = [name for name in metrics if name not in ("epoch", "step", "timestamp")]
    seeds = [f"run {repeat + 1}" for repeat in range(sweep.repeats)] if sweep.repeats > 1 else []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    spread = ["spread", *seeds] if seeds else []
    several = several_metrics(sweep)
    front = {trial.number for trial in pareto_front(trials, several)} if several else set()
    counting = [*(f"counts {metric.name}" for metric in several), "front"] if several else []
    writer.writerow([*_FACTS, *spread, *counting, *keys, *(f"best {name}" for name in metrics)])
    for trial in trials:
        best = trial.summary.get("best") or {}
        row = [trial.number, trial.state.value, trial.objective, best.get("epoch"), len(trial.history)]
        row += [trial.seconds, trial.attempts, trial.seed, trial.run_id, trial.reason]
        if seeds:
            own = [run.objective for run in trial.runs]
            row += [trial.spread, *own, *[None] * (len(seeds) - len(own))]
        if several:
            row += [*(values_of(trial, several) or [None] * len(several)), trial.number in front]
        row += [_cell(trial.point.get(key)) for key in keys] + [best.get(name) for name in metrics]
        writer.writerow(row)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """Keep numbers and texts; write lists and dicts as Hydra would read them."""
    from swatch.sweep.space.quoting import quote

    return value if value is None or isinstance(value, int | float | str) else quote(value)


def show_results(sweep: SweepRecord, trials: Sequence[TrialRecord], folder: Path, console: Console) -> None:
    """Print the best configuration, the command that repeats it, and where everything lies, on W&B too."""
    from swatch.report.ranking import best_trial
    from swatch.report.terminal.best_view import front_line, front_table
    from swatch.report.terminal.tables import best_table

    best = best_trial(sweep, [trial for trial in trials if trial.state.has_result])
    if several_metrics(sweep):
        found = standing(sweep, trials)
        if found.front:
            console.print(front_table(found, width=console.width))
            console.print(front_line(found), markup=False, soft_wrap=True)
    elif best is not None:
        console.print(best_table(sweep, best))
        show_command(best, console)
        for line in _other_best(sweep, trials):
            console.print(line, markup=False, soft_wrap=True)
    for label, name in (("Report", REPORT_FILE), ("Table", TABLE_FILE), ("Best", BEST_FILE)):
        path = folder / name
        if path.exists():
            console.print(f"{label + ':':<8}{shown_path(path)}", markup=False, soft_wrap=True)
    address = page(sweep)
    if address is not None:
        console.print(f"{'W&B:':<8}{address}", markup=False, soft_wrap=True)


def _other_best(sweep: SweepRecord, trials: Sequence[TrialRecord]) -> list[str]:
    """Return what the model of a Bayesian sweep says of the best run, if it expects more of another one."""
    from swatch.report.terminal.best_view import luck_lines
    from swatch.sweep.terminal.belief_text import MOST_TRIALS

    if sweep.method != "bayes" or len(trials) > MOST_TRIALS:
        return []
    found = standing(sweep, trials)
    return luck_lines(found) if found.by_mean[:1] != found.by_run[:1] else []
