"""Several seeds for each configuration: one trial, its runs in turn, their mean and spread."""

from __future__ import annotations

import csv
import statistics
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from sweep_cases import Ended, make_sweep, open_ledger, trials_of, work

from swatch.errors import UserError
from swatch.report.sweep.page_data import figure_data
from swatch.report.terminal.tables import best_table, trials_table
from swatch.sweep import SweepResult, run
from swatch.sweep.agent.trial import Trial
from swatch.sweep.ledger import Ledger, sqlite_url
from swatch.sweep.records import SweepState, TrialState
from swatch.sweep.results.results import trials_csv, write_results

SWEEP: dict[str, Any] = {
    "method": "random",
    "name": "line",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
}
NOISE = {0: 0.0, 1: 0.3, 2: -0.15}


def noisy(parameters: dict[str, Any], trial: Any) -> None:
    """Three epochs; the second is the best, and depends on the seed."""
    for extra in (0.5, 0.0, 0.2):
        trial.report({"loss": parameters["x"] + NOISE[trial.seed] + extra})


def sweep(train: Any = noisy, definition: Any = SWEEP, count: int = 3, **options: Any) -> SweepResult:
    return run(definition, train, count=count, repeats=3, tracking="disabled", **options)


def test_the_search_sees_the_mean_and_counts_count_configurations() -> None:
    result = sweep()
    assert len(result.trials) == 3 and result.sweep.repeats == 3
    for trial in result.trials:
        values = [trial.point["x"] + NOISE[seed] for seed in (0, 1, 2)]
        assert [one.seed for one in trial.runs] == [0, 1, 2]
        assert [one.objective for one in trial.runs] == pytest.approx(values)
        assert trial.objective == pytest.approx(statistics.mean(values))
        assert trial.spread == pytest.approx(statistics.stdev(values))
        assert (trial.run_id, trial.seed, trial.history) == (
            trial.runs[0].run_id,
            0,
            trial.runs[0].history,
        )
    ids = [one.run_id for trial in result.trials for one in trial.runs]
    assert len(set(ids)) == 9
    for run_id in ids:
        assert (Path("runs") / run_id / "summary.json").exists()
    assert result.value == min(trial.objective for trial in result.trials if trial.objective is not None)


def test_the_same_call_with_other_repeats_is_another_sweep() -> None:
    first = sweep(count=1)
    assert run(SWEEP, noisy, count=1, tracking="disabled").sweep.id != first.sweep.id


def test_a_function_may_get_its_seed_as_a_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    seeds = []

    def train(parameters: dict[str, Any]) -> float:
        seeds.append(parameters["seed"])
        return float(parameters["x"])

    seeded = {**SWEEP, "parameters": {**SWEEP["parameters"], "seed": {"value": 5}}}
    assert sweep(train, seeded, count=1).best.spread == 0.0
    assert seeds == [5, 6, 7]
    assert "is not told its seed" not in capsys.readouterr().err
    sweep(lambda parameters: parameters["x"], count=1)
    assert "repeats=3: the function is not told its seed" in capsys.readouterr().err


@pytest.mark.parametrize(("swept", "repeats"), [({"values": [1, 2]}, 3), ({"value": 1}, 0)])
def test_what_repeats_cannot_be(swept: dict[str, Any], repeats: int) -> None:
    definition = {**SWEEP, "parameters": {**SWEEP["parameters"], "seed": swept}}
    with pytest.raises(UserError, match="the seed is swept, and --repeats 3" if repeats else "repeats=0"):
        run(definition, noisy, count=1, repeats=repeats, tracking="disabled")


def test_finished_repeats_are_kept_when_the_sweep_goes_on() -> None:
    calls: list[tuple[int, int]] = []

    def train(parameters: dict[str, Any], trial: Any) -> None:
        calls.append((trial.number, trial.seed))
        if len(calls) == 5:
            raise KeyboardInterrupt
        noisy(parameters, trial)

    with pytest.raises(KeyboardInterrupt):
        sweep(train, count=2, name="mine")
    ledger = Ledger(sqlite_url(Path("runs/sweeps/mine/study.db")))
    before = ledger.trials("mine")
    assert [trial.state.value for trial in before] == ["finished", "waiting"]
    assert before[1].objective == before[1].runs[0].objective, "of what has ended"
    assert before[1].spread is None
    result = sweep(train, count=2, name="mine")
    assert calls == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 1), (1, 2)]
    after = result.trials[1]
    assert after.attempts == 2
    assert after.runs[:1] == before[1].runs[:1]
    assert [one.run_id for one in after.runs[:2]] == [one.run_id for one in before[1].runs]
    assert after.objective == pytest.approx(after.point["x"] + 0.05)
    optuna_sees_the_first_runs_curve(after.point["x"])


def optuna_sees_the_first_runs_curve(x: float) -> None:
    import optuna

    study = optuna.load_study(study_name="mine", storage=sqlite_url(Path("runs/sweeps/mine/study.db")))
    last = study.trials[-1]
    assert last.value == pytest.approx(x + 0.05)
    assert last.intermediate_values == pytest.approx({1: x + 0.5, 2: x, 3: x + 0.2})


def test_stopping_looks_at_the_first_run_alone(tmp_path: Path) -> None:
    bad_from = 3
    make_sweep(
        tmp_path,
        count=5,
        extra={"early_terminate": {"type": "hyperband", "min_iter": 1, "eta": 2}},
        repeats=2,
    )
    seen: list[tuple[int, int]] = []

    def train(trial: Trial) -> Ended:
        seen.append((trial.number, trial.repeat))
        # Later runs are worse than everything that the rule ever sees.
        loss = 9.0 if trial.number >= bad_from else 10.0 * trial.repeat + 1.0
        for epoch in (1, 2):
            decision = trial.log({"epoch": epoch, "loss": loss})
            if decision.stop:
                return Ended("stopped", decision.reason, {"epochs": epoch})
        return Ended(summary={"epochs": 2})

    work(tmp_path, train)
    trials = trials_of(tmp_path)
    assert [trial.state.value for trial in trials] == ["finished"] * 3 + ["stopped"] * 2
    assert [trial.objective for trial in trials] == [6.0, 6.0, 6.0, 9.0, 9.0]
    assert seen == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (4, 0)]


def test_a_seed_that_fails_fails_the_configuration_and_is_named(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=2, repeats=3)

    def train(trial: Trial) -> Ended:
        trial.log({"epoch": 1, "loss": 1.0})
        if (trial.number, trial.repeat) == (0, 1):
            return Ended("failed", "diverged: loss is nan at epoch 1, step 3")
        if (trial.number, trial.repeat) == (1, 2):
            raise ValueError("no luck")
        return Ended(summary={"epochs": 1})

    work(tmp_path, train)
    first, second = trials_of(tmp_path)
    assert first.state is second.state is TrialState.FAILED
    assert first.reason == "diverged: loss is nan at epoch 1, step 3 (seed 1)"
    assert second.reason == "ValueError: no luck (seed 2)"
    assert (tmp_path / "runs" / second.runs[2].run_id / "traceback.txt").exists()
    assert len(first.runs) == 2


def test_a_trial_of_the_network_gets_its_seed_as_an_override(tmp_path: Path) -> None:
    from dataclasses import replace

    from swatch.sweep.agent.agent import Agent
    from swatch.sweep.restored import RestoredSweep

    record = replace(make_sweep(tmp_path, count=1, repeats=2), id="n", function=None, overrides=("seed=7",))
    record = replace(record, options={**record.options, "run_seed": 7})
    open_ledger(tmp_path).create_sweep(record, identity="n")
    seen: list[Trial] = []

    def train(trial: Trial) -> Ended:
        seen.append(trial)
        trial.log({"epoch": 1, "loss": 1.0})
        return Ended(summary={"epochs": 1})

    restored = RestoredSweep.of(record)
    ledger = Ledger(sqlite_url(tmp_path / "study.db"), axes=restored.axes)
    Agent(ledger, restored, train, home=tmp_path / "runs").work()
    assert [trial.overrides[-1] for trial in seen] == ["seed=7", "seed=8"]
    assert [trial.point["seed"] for trial in seen] == [7, 8], "it names the runs"
    (trial,) = ledger.trials("n")
    assert "seed" not in trial.point and "seed=8" not in trial.overrides
    assert [one.overrides[-1] for one in trial.each_run()][1] == "seed=8"
    assert [one.run_id for one in trial.each_run()] == [one.run_id for one in trial.runs]


def test_results_show_mean_and_spread(tmp_path: Path) -> None:
    result = sweep(count=2)
    best, record = result.best, result.sweep
    console = Console(width=120, record=True, file=(tmp_path / "out").open("w"))
    console.print(best_table(record, best))
    console.print(trials_table(record, result.trials, width=120))
    text = console.export_text()
    shown = f"{best.objective:.4f} ± {best.spread:.4f}"
    assert text.count(shown) == 2
    assert f"{best.runs[1].objective:.4f} (seed 1)" in text and best.runs[2].run_id in text

    rows = list(csv.DictReader(trials_csv(record, result.trials).splitlines()))
    row = rows[best.number]
    assert float(row["objective"]) == best.objective and float(row["spread"]) == best.spread
    assert [float(row[f"run {n}"]) for n in (1, 2, 3)] == [one.objective for one in best.runs]

    written = yaml.safe_load((result.directory / "best.yaml").read_text())
    assert written["metric"]["value"] == best.objective and written["metric"]["spread"] == best.spread
    assert written["metric"]["seeds"] == best.values
    assert written["runs"] == [one.run_id for one in best.runs]

    from swatch.report.sweep.axes import build_axes
    from swatch.report.sweep.curves import collect

    data = figure_data(
        record,
        result.trials,
        best,
        build_axes(record.parameters, result.trials),
        collect(record, result.trials),
    )
    assert [trial["spread"] for trial in data["trials"]] == [trial.spread for trial in result.trials]
    assert shown in (result.directory / "report.html").read_text()


def test_a_sweep_without_repeats_looks_as_ever(tmp_path: Path) -> None:
    result = run(SWEEP, noisy, count=1, tracking="disabled")
    (trial,) = result.trials
    assert trial.runs == () and trial.spread is None and trial.each_run() == [trial]
    assert "spread" not in trials_csv(result.sweep, result.trials)
    write_results(result.sweep, result.trials, tmp_path)
    assert "spread" not in (tmp_path / "best.yaml").read_text()
    assert result.sweep.state == SweepState.FINISHED


def test_every_seeds_run_is_there_to_be_sent() -> None:
    from swatch.sweep.sync.items import Situation

    result = sweep(count=1, name="mine")
    ledger = Ledger(sqlite_url(Path("runs/sweeps/mine/study.db")))
    sent = Situation.of(ledger, "mine").trials
    assert [one.run_id for one in sent] == [one.run_id for one in result.best.runs]
    assert [one.seed for one in sent] == [0, 1, 2]
    assert sent[2].history == result.best.runs[2].history
