"""Editing a sweep that has begun: what may change, and what is refused with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swatch.errors import UserError
from swatch.sweep import SweepResult, run
from swatch.sweep.ledger import Ledger, sqlite_url
from swatch.sweep.pruners.hyperband import Hyperband
from swatch.sweep.restored import RestoredSweep

SWEEP: dict[str, Any] = {
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {
        "x": {"min": 0.1, "max": 1.0},
        "size": {"values": [1, 2, 4]},
        "kind": {"values": ["a", "b"]},
        "epochs": {"value": 3},
    },
}


def edited(**parameters: Any) -> dict[str, Any]:
    changed = {**SWEEP["parameters"], **parameters}
    return {**SWEEP, "parameters": {key: entry for key, entry in changed.items() if entry is not None}}


def train(parameters: dict[str, Any]) -> float:
    return float(parameters["x"])


def sweep(definition: dict[str, Any], count: int = 3, **options: Any) -> SweepResult:
    return run(definition, train, count=count, name="mine", tracking="disabled", **options)


def ledger() -> Ledger:
    return Ledger(sqlite_url(Path("runs/sweeps/mine/study.db")))


def test_widened_ranges_and_added_choices_keep_the_trials(capsys: pytest.CaptureFixture[str]) -> None:
    before = sweep(SWEEP).trials
    capsys.readouterr()
    wider = edited(
        x={"distribution": "log_uniform_values", "min": 0.001, "max": 1.0},
        size={"values": [1, 2, 4, 4.5]},
        kind={"values": ["c", "b", "a"]},
    )
    after = sweep({**wider, "method": "bayes"}, count=8)
    assert after.sweep.id == "mine" and after.sweep.method == "bayes"
    assert after.trials[:3] == before and len(after.trials) == 8
    assert len({trial.point_key for trial in after.trials}) == 8
    told = capsys.readouterr().err
    for line in (
        "sweep mine is edited:",
        "  method: random -> bayes",
        "  trials: 3 -> 8",
        "  x: 0.1 to 1, uniform -> 0.001 to 1, log_uniform_values",
        "  size: 1, 2, 4 -> 1, 2, 4, 4.5",
        '  kind: "a", "b" -> "c", "b", "a"',
    ):
        assert line in told
    assert "log_uniform_values" in Path("runs/sweeps/mine/sweep.yaml").read_text()
    # The same command again is the edited sweep's, which is finished.
    assert sweep({**wider, "method": "bayes"}, count=8).sweep.id == "mine-2"


def test_an_edit_keeps_how_the_sweep_is_run_unless_it_says_else() -> None:
    sweep(SWEEP, retries=7, max_consecutive_failures=9)
    wider = edited(x={"min": 0.1, "max": 2.0})
    options = sweep(wider, count=4, max_consecutive_failures=2).sweep.options
    assert (options["retries"], options["max_consecutive_failures"]) == (7, 2)


def test_an_edited_early_terminate_takes_the_place_of_an_earlier_pruner(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hyperband = {"early_terminate": {"type": "hyperband", "min_iter": 2}}
    sweep(SWEEP, pruner="asha")
    # Nothing was said about stopping.
    kept = sweep(edited(x={"min": 0.1, "max": 2.0}), count=4).sweep
    assert kept.options["pruner"] == "asha"
    capsys.readouterr()
    after = sweep({**edited(x={"min": 0.1, "max": 2.0}), **hyperband}, count=5).sweep
    assert isinstance(RestoredSweep.of(after).rule, Hyperband)
    assert "early_terminate: none -> " in (told := capsys.readouterr().err)
    assert ", in place of --pruner asha" in told
    # Both at once: the command line counts, as for a new sweep.
    last = sweep(edited(x={"min": 0.1, "max": 2.0}), count=6, pruner="median").sweep
    assert last.options["pruner"] == "median" and "in place" not in capsys.readouterr().err


def test_optuna_reads_an_edited_sweep() -> None:
    import optuna

    sweep(SWEEP)
    sweep(
        edited(
            x={"distribution": "log_uniform_values", "min": 0.001, "max": 1.0},
            size={"values": [1, 2.5, 4, 2]},
        ),
        6,
    )
    study = optuna.load_study(study_name="mine", storage=sqlite_url(Path("runs/sweeps/mine/study.db")))
    assert len(study.trials) == 6
    for name in ("x", "size"):
        kinds = {(type(t.distributions[name]), t.distributions[name].log) for t in study.trials}  # type: ignore[attr-defined]
        assert len(kinds) == 1
    points = [trial.point for trial in ledger().trials("mine")]
    assert [t.params["size"] for t in study.trials] == [point["size"] for point in points]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"x": {"min": 0.1, "max": 0.11}}, r"trial \d has x=0\.\d+, which is not in 0.1 to 0.11, uniform"),
    ({"kind": {"values": ["a", "z"]}}, "has kind=b, which is not in"),
    ({"y": {"min": 0.0, "max": 1.0}}, "y is new, and trial 0 has no value of it"),
    ({"x": None}, "x is not swept any more, and trial 0 has x="),
    ({"epochs": {"value": 4}}, "epochs was 3 and is 4 now"),
    ({"epochs": {"values": [3, 4]}}, "epochs was 3 and is 3, 4 now"),
    ({"more": {"value": 4}}, "more was not set and is 4 now"),
    ({"size": {"values": [1, 2, 4, "auto"]}}, "size was numbers and is choices by name now"),
]


def test_what_the_trials_rule_out_is_refused_with_the_reason() -> None:
    sweep(SWEEP, count=5)

    def stored() -> tuple[Any, ...]:
        text = Path("runs/sweeps/mine/sweep.yaml").read_text()
        return ledger().sweep("mine"), ledger().trials("mine"), text

    before = stored()
    for change, reason in REFUSED:
        with pytest.raises(UserError, match=f"sweep mine cannot be edited so: .*{reason}"):
            sweep(edited(**change), count=9)
        assert stored() == before, reason
    other = {**SWEEP, "metric": {"name": "error", "goal": "minimize"}}
    with pytest.raises(UserError, match="judged by 'minimize loss', not by 'minimize error'"):
        sweep(other)
    with pytest.raises(UserError, match="its trials have --repeats 1, not 2"):
        sweep(SWEEP, repeats=2)
    assert stored() == before


def test_narrowing_to_what_was_tried_is_no_contradiction() -> None:
    tried = sweep(SWEEP, count=1).trials[0].point
    after = sweep(edited(kind={"values": [tried["kind"], "c"]}), count=2)
    assert [trial.number for trial in after.trials] == [0, 1]
