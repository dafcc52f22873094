"""What is said of configurations that were trained again."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import pytest
from rich.console import Console
from synthetic import make_sweep, make_trials

from swatch.metrics import welch
from swatch.report.terminal.contest_table import contest_table, order, plain, spread_text, verdict
from swatch.sweep.results.contest import Contestant, SeedRun

TRIALS = make_trials(4, stopping=False)


def contestant(
    number: int, values: Sequence[float | None], *, by_run: int | None = None, by_mean: int | None = None
) -> Contestant:
    runs = tuple(
        SeedRun(
            f"run-{number}-{seed}",
            seed,
            value,
            None if value is None else 3,
            "diverged" if value is None else None,
        )
        for seed, value in enumerate(values)
    )
    return Contestant(replace(TRIALS[number], objective=0.95), by_run, by_mean, runs)


BEST_RUN = contestant(0, [0.90, 0.91, 0.92], by_run=1, by_mean=3)
BEST_MEAN = contestant(1, [0.93, 0.94, 0.95], by_run=2, by_mean=1)
NEAR = contestant(2, [0.91, 0.93, 0.95], by_run=3)
SWEEP = make_sweep()


def test_the_better_one_is_named_with_its_lead() -> None:
    lines = verdict(SWEEP, [BEST_RUN, BEST_MEAN])
    assert lines[0].startswith(
        "The best by model mean (trial 1) is better than the best run (trial 0), by 3.0 points"
    )
    assert "p = 0.021" in lines[0]
    assert lines[1] == "Best on average: trial 1, 0.9400 ± 0.0100."
    assert lines[2] == (
        "The best run of the sweep had 0.9500; 3 new runs of the same configuration with other seeds have "
        "0.9100 on average."
    )


def test_to_minimise_the_lower_one_is_better() -> None:
    sweep = make_sweep(goal="minimize", metric="val/loss")
    assert verdict(sweep, [BEST_RUN, BEST_MEAN])[0].startswith("The best run (trial 0) is better than")
    assert order(sweep, [BEST_MEAN, BEST_RUN])[0] is BEST_RUN


def test_no_difference_is_said_plainly() -> None:
    lines = verdict(SWEEP, [BEST_RUN, replace(NEAR, by_mean=1)])
    assert lines[0].startswith(
        "No difference can be told between the best run (trial 0) and the best by model mean"
    )
    assert "2.0 points on average in favour of the best by model mean" in lines[0]
    assert lines[1] == "Best on average: trial 2, 0.9300 ± 0.0200."
    # The pair was one planned comparison: it is neither corrected for the others nor said twice.
    lines = verdict(SWEEP, [BEST_RUN, BEST_MEAN, contestant(3, [0.5, 0.51, 0.52])])
    assert "better than trial 3 by more than chance (Welch's test, 5%)" in lines[1]


def test_several_comparisons_are_corrected() -> None:
    # Alone p = 0.034 is enough; the smallest of two has to stand twice that.
    values = [0.902, 0.912, 0.924]
    assert welch(BEST_MEAN.values, values).p_value == pytest.approx(0.034, abs=0.001)
    alone = verdict(SWEEP, [contestant(0, values), BEST_MEAN])[0]
    assert alone.endswith("better than trial 0 by more than chance (Welch's test, 5%).")
    two = verdict(SWEEP, [contestant(0, values), BEST_MEAN, contestant(2, values)])[0]
    assert two.endswith("trials 0 and 2 cannot be told from it (Welch's test, Holm-corrected, 5%).")
    three = verdict(SWEEP, [contestant(0, values), BEST_MEAN, NEAR, contestant(3, [0.5, 0.51, 0.52])])
    assert "better than trial 3 by more than chance; trials 2 and 0 cannot be told from it" in three[0]


def test_one_seed_says_nothing() -> None:
    lines = verdict(SWEEP, [contestant(0, [0.9], by_run=1), contestant(1, [0.91], by_mean=1)])
    assert "take --seeds 3 or more" in lines[0] and lines[1] == "Best on average: trial 1, 0.9100."


def test_failed_runs_are_left_out_and_named() -> None:
    failed = contestant(2, [None, None])
    lines = verdict(SWEEP, [BEST_RUN, BEST_MEAN, failed])
    assert lines[-2:] == [f"left out: run run-2-{seed} failed (diverged)" for seed in (0, 1)]
    assert order(SWEEP, [failed, BEST_RUN])[-1] is failed


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_has_means_and_places(width: int) -> None:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(contest_table(SWEEP, [BEST_RUN, BEST_MEAN], width=width))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= width
    first = next(line for line in lines if "0.9400 ± 0.0100" in line)
    assert lines.index(first) < next(n for n, line in enumerate(lines) if "0.9100 ± 0.0100" in line)
    assert [cell.strip() for cell in first.split("│")[1:7]] == [
        "1",
        "0.9400 ± 0.0100",
        "3",
        "0.9500",
        "2.",
        "1.",
    ]


def test_small_deviations_are_written_as_the_others() -> None:
    assert spread_text(contestant(0, [0.9, 0.901])) == "0.9005 ± 0.0007"
    assert spread_text(contestant(0, [0.9])) == "0.9000" and spread_text(contestant(0, [None])) == "–"


def test_the_file_has_it_all() -> None:
    stored = plain(SWEEP, [BEST_RUN, BEST_MEAN])
    assert [entry["trial"] for entry in stored["configurations"]] == [1, 0]
    assert stored["configurations"][0]["runs"][2] == {"run": "run-1-2", "seed": 2, "value": 0.95, "epoch": 3}
    assert stored["verdict"] == verdict(SWEEP, [BEST_RUN, BEST_MEAN])
