"""What ``swatch best`` does with the best configurations: show, export, retrain."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from swatch.console import console, say
from swatch.errors import RunFailed, UserError
from swatch.report.labels import count_of
from swatch.report.ranking import best_epoch, best_trial, result_text

if TYPE_CHECKING:
    from swatch.evaluation.evaluating import Evaluation
    from swatch.sweep.records import TrialRecord
    from swatch.sweep.results.contest import Contestant
    from swatch.sweep.results.standing import Standing
    from swatch.tracking import RunDirectory

RETRAINED_FILE = "retrained.json"
"""In the sweep's folder: what came of the last --retrain-top."""


def show(standing: Standing, top: int, chosen: TrialRecord | None) -> None:
    """Print the best trials, or the one that was chosen, and the command that trains it again.

    Raises:
        RunFailed: no trial has a value yet.
    """
    from swatch.report.terminal.best_view import show_best
    from swatch.report.terminal.tables import best_table
    from swatch.sweep.results.again import show_command

    best = best_trial(standing.sweep, standing.trials)
    if best is None or (standing.has_several_metrics and not standing.front):
        raise RunFailed(standing.why_no_result())
    out = console()
    if chosen is not None:
        out.print(
            best_table(standing.sweep, chosen, title=f"Sweep {standing.sweep.id}: trial {chosen.number}")
        )
        show_command(chosen, out)
        return
    show_best(standing, top, out)
    if standing.has_several_metrics:
        return
    show_command(best, out)
    mean = standing.by_mean[0] if standing.by_mean else best
    if mean.number != best.number:
        show_command(mean, out, title=f"Or the best by model mean, trial {mean.number}:")


def export(standing: Standing, trial: TrialRecord, path: Path, *, force: bool) -> None:
    """Write a trial's config as an experiment.

    Raises:
        UserError: it cannot be written, with the reason.
    """
    from swatch.compose import compose
    from swatch.compose.experiment import experiment_name, write_experiment
    from swatch.report.labels import metric_label

    sweep = standing.sweep
    _refuse_functions(standing, "--export")
    name, epoch = experiment_name(path), best_epoch(trial)
    at = f" at epoch {epoch}" if epoch is not None and not trial.runs else ""
    comments = [
        f"Trial {trial.number} of sweep {sweep.id} ({sweep.method}, {len(standing.by_run)} trials with a "
        "result):",
        f"{metric_label(sweep.metric)} {result_text(trial)}{at}, run {trial.run_id}.",
        f"Train it again with `swatch train {_experiment(name)}`.",
    ]
    composition = compose(trial.overrides, project=path.absolute().parents[2])
    write_experiment(composition, comments, path, replace=force)
    out = console()
    out.print(f"Trial {trial.number} is written to {path}; train it with:", markup=False, soft_wrap=True)
    out.print(f"  swatch train {_experiment(name)}", markup=False, soft_wrap=True)


def retrain_top(standing: Standing, count: int, seeds: int, overrides: Sequence[str]) -> TrialRecord:
    """Train the best configurations with fresh seeds, print what came of it, and return the winner.

    Raises:
        UserError: the sweep or a config cannot be trained again.
        RunFailed: there is nothing to train, or all of it failed.
        Interrupted: the user stopped it.
    """
    from swatch.files import make_folder, write_json
    from swatch.report.terminal import contest_table
    from swatch.sweep.home import default_home, sweep_folder
    from swatch.sweep.results.contest import compete

    sweep = standing.sweep
    if standing.has_several_metrics:
        raise UserError(
            f"--retrain-top ranks by one metric, and sweep {sweep.id} has several; choose a trial of the "
            "Pareto front with --trial N and --retrain it"
        )
    _say_what_is_open(standing)
    done = compete(standing, count, seeds, overrides, tell=say)
    out = console()
    out.print(contest_table.contest_table(sweep, done, width=out.width))
    for line in contest_table.verdict(sweep, done):
        out.print(line, markup=False, soft_wrap=True)
    folder = make_folder(sweep_folder(default_home(), sweep.id))
    write_json(folder / RETRAINED_FILE, contest_table.plain(sweep, done))
    return _retrained(contest_table.order(sweep, done)[0])


def retrain(
    standing: Standing, trial: TrialRecord, winner: TrialRecord | None, overrides: Sequence[str]
) -> None:
    """Train a trial's config on all training images and judge it by the test set, once.

    Args:
        standing: of its sweep.
        trial: which.
        winner: takes its place if a comparison with fresh seeds has found a better one.
        overrides: Hydra overrides after the trial's own.

    Raises:
        UserError: it cannot be trained so.
        RunFailed: the training failed.
        Interrupted: the user stopped it.
    """
    from swatch.evaluation import retraining
    from swatch.evaluation.evaluating import TEST
    from swatch.report.evaluation import page as evaluation_page
    from swatch.report.evaluation import retrained_view
    from swatch.report.evaluation import tables as evaluation_tables
    from swatch.sweep.results.contest import own_id, watch_overrides

    sweep, trial = standing.sweep, winner or trial
    _refuse_functions(standing, "--retrain")
    _say_what_is_open(standing)
    epochs = chosen_epochs(trial)
    watch = watch_overrides(sweep, f"{sweep.id}-retrained")
    composition = retraining.plan_full(trial.overrides, epochs, [*watch, *overrides])
    usual = retraining.plan_full(trial.overrides, epochs, watch) if overrides else composition
    limit = composition.plain["data"].get("limit")
    say(
        f"trial {trial.number} on {'all' if limit is None else f'{limit:,}'} training images, none held out, "
        f"for {count_of(composition.settings.epochs, 'epoch')}"
        + ("" if limit is None else "; data.limit=null takes all of them")
    )
    run_id = own_id(f"{trial.run_id}-full", usual, composition)
    directory = retraining.train_full(composition, run_id, tuple(trial.point))
    judged, pages = [], []
    for split in retraining.splits_of(composition):
        page = directory.path / f"evaluation_{split}.html"

        def keep(found: Evaluation, readings: int, page: Path = page) -> None:
            evaluation_page.write(found, readings, page)
            if found.split == TEST:
                console(stderr=True).print(evaluation_tables.warning(readings), soft_wrap=True)
            _send(found, readings, directory, page)

        judged.append(retraining.judge(directory, split, keep))
        pages.append(page)
    out = console()
    out.print(
        f"Trial {trial.number} of sweep {sweep.id}, retrained: run {directory.path.name}",
        markup=False,
        soft_wrap=True,
        style="bold",
    )
    retrained_view.show_judged(judged, pages, out)
    if len(judged) == 1:
        say("the data set has no test images: the training images alone were looked at")
    elif not judged[-1].is_new:
        say("the test set was read before for this run and is not read again: these are the figures of then")


def _send(found: Evaluation, readings: int, directory: RunDirectory, page: Path) -> None:
    """Log an evaluation to the run's wandb run, if it has one; whatever happens to wandb is told only."""
    from swatch.report.evaluation import sending as evaluation_sending

    state = directory.read_tracking()
    if state is None or state.mode == "disabled":
        return
    try:
        mode = evaluation_sending.find_mode(directory, state.mode)
        say(evaluation_sending.send(found, readings, directory, mode, page))
    except (UserError, RunFailed) as error:
        say(str(error))


def chosen_epochs(trial: TrialRecord) -> int:
    """Return the epochs that validation chose: the best one's number, with several seeds their mean.

    Raises:
        UserError: no epoch of the trial was kept.
    """
    epochs = [epoch for run in trial.each_run() if (epoch := best_epoch(run)) is not None]
    if not epochs:
        raise UserError(
            f"--retrain: no best epoch of trial {trial.number} is known, so there is nothing to say how long "
            "to train"
        )
    return max(1, round(statistics.fmean(epochs)))


def _retrained(winner: Contestant) -> TrialRecord:
    """Return the winner's trial with its new runs in place of the sweep's own, for their best epochs."""
    from dataclasses import replace

    from swatch.sweep.records import RunRecord

    runs = tuple(
        RunRecord(run.run_id, run.seed, summary={"best": {"epoch": run.epoch}}, objective=run.value)
        for run in winner.runs
        if run.value is not None
    )
    return replace(winner.trial, runs=runs)


def _refuse_functions(standing: Standing, option: str) -> None:
    if standing.sweep.function is not None:
        raise UserError(
            f"{option} is for sweeps of the network; sweep {standing.sweep.id} is over the function "
            f"{standing.sweep.function}"
        )


def _say_what_is_open(standing: Standing) -> None:
    from swatch.report.terminal.best_view import progress_lines

    for line in progress_lines(standing):
        say(line)


def _experiment(name: str) -> str:
    return f"experiment={name}"
