"""The sweeps that a report must survive, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from synthetic import START, make_sweep, make_trials

from swatch.sweep.records import RunRecord, SweepRecord, TrialRecord, TrialState

HOSTILE = "</script><script>alert('x')</script><img src=x onerror=alert(1)>\"'&amp;{{ 7*7 }}\u2028%{y}"

Case = tuple[SweepRecord, list[TrialRecord]]


def ordinary() -> Case:
    return make_sweep(), make_trials(60)


def no_trials() -> Case:
    return make_sweep(state="running"), []


def one_trial() -> Case:
    return make_sweep(count=1), make_trials(1, stopping=False)


def two_waiting() -> Case:
    trials = [
        replace(t, state=TrialState.WAITING, objective=None, history=[], summary={}, started=None, ended=None)
        for t in make_trials(2)
    ]
    return make_sweep(state="running"), trials


def all_failed() -> Case:
    trials = [
        replace(
            t,
            state=TrialState.FAILED,
            objective=None,
            history=[],
            summary={"best": None},
            reason="diverged: loss is nan",
        )
        for t in make_trials(5)
    ]
    return make_sweep(), [*trials[:-1], replace(trials[-1], state=TrialState.CRASHED, reason=None)]


def running() -> Case:
    trials = make_trials(8)
    trials[-1] = replace(trials[-1], state=TrialState.RUNNING, ended=None, summary={})
    trials[-2] = replace(
        trials[-2], state=TrialState.RUNNING, ended=None, summary={}, objective=None, history=[]
    )
    return make_sweep(state="running", count=20), trials


def constant_objective() -> Case:
    trials = make_trials(25, stopping=False)
    return make_sweep(), [replace(t, objective=0.1, state=TrialState.FINISHED) for t in trials]


def odd_metrics() -> Case:
    trials = make_trials(12)
    for trial, value in zip(trials, [float("nan"), None, float("inf"), "0.9", True, 10**400], strict=False):
        trial.history[0]["val/accuracy"] = value
    trials[0] = replace(trials[0], objective=float("nan"))
    trials[1] = replace(trials[1], objective=float("inf"))
    trials[2] = replace(trials[2], objective=None, summary={"best": {"epoch": float("nan")}})
    return make_sweep(), trials


def minimize() -> Case:
    trials = [
        replace(t, objective=None if t.objective is None else min(r["val/loss"] for r in t.history))
        for t in make_trials(30)
    ]
    return make_sweep(metric="val/loss", goal="minimize"), trials


def function() -> Case:
    parameters: dict[str, Any] = {
        "C": {"distribution": "log_uniform_values", "min": 0.01, "max": 100.0},
        "kernel": {"values": ["rbf", None, True, 1]},
        "degree": {"distribution": "int_uniform", "min": 1, "max": 4},
    }
    trials = [
        TrialRecord(
            number=number,
            point={
                "C": 0.01 * 1.5**number,
                "kernel": ["rbf", None, True, 1][number % 4],
                "degree": 1 + number % 3,
            },
            point_key=str(number),
            run_id=f"svc-{number}",
            seed=0,
            state=TrialState.FINISHED,
            history=[{"epoch": 1, "score": 1 - 0.01 * (number - 9) ** 2, "seconds": 0.2}],
            summary={"best": {"epoch": 1, "score": 1 - 0.01 * (number - 9) ** 2}},
            objective=1 - 0.01 * (number - 9) ** 2,
            started=START,
            ended=START + timedelta(seconds=1),
        )
        for number in range(20)
    ]
    sweep = make_sweep(id="svc", function="train:train", metric="score", parameters=parameters, overrides=())
    return sweep, trials


def hostile() -> Case:
    trials = [
        replace(
            t,
            point={HOSTILE: HOSTILE if t.number % 2 else "tame", "x": t.point["optimizer.learning_rate"]},
            reason=HOSTILE,
            run_id=HOSTILE,
            overrides=(f"x={HOSTILE}",),
            history=[{**record, HOSTILE: 1.0} for record in t.history],
            summary={**t.summary, "confusion_matrix": {"labels": [HOSTILE, "b"], "counts": [[5, 1], [2, 4]]}},
        )
        for t in make_trials(10)
    ]
    return make_sweep(
        id=HOSTILE, yaml=HOSTILE, parameters={HOSTILE: {"values": ["tame", HOSTILE]}}, overrides=(HOSTILE,)
    ), trials


def many_classes() -> Case:
    sweep, trials = ordinary()
    counts = [[50 if row == column else (row * column) % 3 for column in range(40)] for row in range(40)]
    labels = [f"class {index}" for index in range(40)]
    return sweep, [
        replace(t, summary={**t.summary, "confusion_matrix": {"labels": labels, "counts": counts}})
        for t in trials
    ]


def repeated() -> Case:
    """Three seeds a trial."""
    trials = []
    for t in make_trials(24, stopping=False):
        if t.objective is None:
            trials.append(t)
            continue
        values = [t.objective + change for change in (-0.004, 0.0, 0.004)]
        runs = tuple(
            RunRecord(f"{t.run_id}-s{seed}", seed, t.history, t.summary, value)
            for seed, value in enumerate(values)
        )
        trials.append(replace(t, runs=runs))
    return make_sweep(repeats=3), trials


def large() -> Case:
    return make_sweep(), make_trials(500, epochs=30)


CASES: dict[str, Callable[[], Case]] = {
    case.__name__: case
    for case in (
        ordinary,
        no_trials,
        one_trial,
        two_waiting,
        all_failed,
        running,
        constant_objective,
        odd_metrics,
        minimize,
        function,
        hostile,
        many_classes,
        repeated,
    )
}
