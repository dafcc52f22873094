#!/usr/bin/env python3
"""How much stopping early saves: hyperband on real trainings, and together with the Bayesian search.

    python scripts/benchmark_search_stopping.py [--orders N] [--seeds N] [--trials N] [--csv FILE]

The first table takes 60 of the random configurations in ``benchmark_search_table.csv``, in many orders, each
with its real validation accuracies, and lets every stopping rule judge them one after the other. "Epochs" is
the share that was trained. Two columns say by how many percentage points the configuration that the user
ends up with is worse than without stopping. "Validation" compares the best validation accuracies, which also
chose it: the best of many noisy readings is higher than the best of few, whatever they are readings of.
"Test" compares the accuracies on the test images, which chose nothing, of the weights that are kept.
``--csv`` takes another table for all three, such as one of longer trainings.

The second is random search on the same real accuracies: with a rule it tries more configurations in the same
epochs, and the shares say after how many of them it has, on average, what whole trainings reach.

The third runs the Bayesian search on the surrogate of those trainings (``benchmark_search_training.py``),
alone and with hyperband, and says how many epochs each trains until the mean over the seeds of its best
accuracy is what the search alone has after so many trials.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from benchmark_search_sweeps import Array, bests, first_at, kept, search, until
from benchmark_search_table import RANDOM, TABLE, read, read_tests
from benchmark_search_training import curves
from swatch.sweep.pruners import Asha, Hyperband, Median, Rule

RULES: dict[str, Rule | None] = {
    "none": None,
    "hyperband": Hyperband(min_iter=1, eta=3),
    "asha": Asha(min_iter=1, eta=3),
    "median": Median(),
}
IN_A_SWEEP = 60
# After how many trials of the search alone the accuracy is to be reached.
LEVELS = (20, 30, 45, 60)
RANDOM_LEVELS = (10, 20, 30, 45)
_RESAMPLINGS = 1000


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=200, help="of the random configurations")
    parser.add_argument("--seeds", type=int, default=20, help="of the searches; 0 leaves the table out")
    parser.add_argument("--trials", type=int, default=60, help="of the search alone")
    parser.add_argument("--csv", type=Path, default=TABLE, help="the table of real trainings")
    parser.add_argument("--random", type=int, default=RANDOM, help="of its rows, the first ones")
    options = parser.parse_args(arguments)
    for line in saved(options.csv, options.orders, options.random):
        print(line)
    for line in at_random(options.csv, options.orders, options.random):
        print(line)
    if options.seeds:
        for line in reached(options.csv, options.seeds, options.trials):
            print(line)


def saved(path: Path, orders: int, drawn: int = RANDOM) -> list[str]:
    """Return the lines of the first table; the first ``drawn`` rows are the random ones."""
    rows, tests = read(path), read_tests(path)
    epochs = len(rows[0][1])
    count = min(drawn, len(rows))
    chosen = [
        np.random.default_rng(order).permutation(count)[:IN_A_SWEEP].tolist() for order in range(orders)
    ]
    without = [kept([rows[index][1] for index in order], None) for order in chosen]
    lines = [
        f"{IN_A_SWEEP} random configurations of {epochs} epochs, {orders} orders; points lost on",
        f"{'rule':12}{'epochs':>10}{'validation':>18}{'test':>18}",
    ]
    for name, rule in RULES.items():
        shares, on_validation, on_test = [], [], []
        for order, whole in zip(chosen, without, strict=True):
            found = kept([rows[index][1] for index in order], rule)
            shares.append(found.trained / (epochs * IN_A_SWEEP))
            on_validation.append(whole.accuracy - found.accuracy)
            of_whole, of_found = tests[order[whole.trial]], tests[order[found.trial]]
            if of_whole is not None and of_found is not None:
                on_test.append(of_whole[whole.epochs - 1] - of_found[found.epochs - 1])
        unknown = "" if len(on_test) == orders else f"  in {len(on_test)} of {orders} orders"
        lines.append(
            f"{name:12}{statistics.mean(shares):10.1%}{with_error(on_validation)}{with_error(on_test)}{unknown}"
        )
    return lines


def with_error(values: Sequence[float]) -> str:
    """Return a mean and its standard error; nothing of less than two values."""
    if len(values) < 2:
        return f"{'-':>18}"
    return f"{statistics.mean(values):10.3f} ±{statistics.stdev(values) / len(values) ** 0.5:6.3f}"


def at_random(path: Path, orders: int, drawn: int = RANDOM) -> list[str]:
    """Return the lines of the second table; the first ``drawn`` rows are the random ones."""
    rows = read(path)[:drawn]
    epochs = len(rows[0][1])
    budget = IN_A_SWEEP * epochs
    chosen = [np.random.default_rng(order).permutation(len(rows)).tolist() for order in range(orders)]
    found = {
        name: bests([until([rows[index][1] for index in order], rule, budget) for order in chosen], budget)
        for name, rule in RULES.items()
    }
    levels = [found["none"].mean(axis=0)[level * epochs] for level in RANDOM_LEVELS]
    lines = [
        f"random search: share of the epochs of {', '.join(map(str, RANDOM_LEVELS))} whole trainings for the "
        "same accuracy on average",
        f"{'rule':12}" + "".join(f"{level:9.2f}%" for level in levels) + f"  after {budget} epochs",
    ]
    for name, best in found.items():
        counts = [first_at(best, level) for level in levels]
        shares = [
            "-" if count is None else f"{count / (level * epochs):.0%}"
            for count, level in zip(counts, RANDOM_LEVELS, strict=True)
        ]
        lines.append(
            f"{name:12}" + "".join(f"{share:>10}" for share in shares) + f"{best.mean(axis=0)[-1]:10.2f}%"
        )
    return lines


def reached(path: Path, seeds: int, trials: int) -> list[str]:
    """Return the lines of the third table."""
    trainings, epochs = curves(path), len(read(path)[0][1])
    budget = trials * epochs
    found = {
        name: [search(trainings, RULES[name], seed, budget) for seed in range(seeds)]
        for name in ("none", "hyperband")
    }
    alone, stopped = (bests(sweeps, budget) for sweeps in found.values())
    lines = [
        f"Bayesian search, {seeds} seeds: epochs until the mean best accuracy is that of the search alone",
        f"{'accuracy':>10}{'alone':>10}{'hyperband':>12}{'share':>10}",
    ]
    for level in (level for level in LEVELS if level <= trials):
        accuracy = float(alone.mean(axis=0)[level * epochs])
        counts = [first_at(each, accuracy) for each in (alone, stopped)]
        share = "-" if None in counts else share_with_error(alone, stopped, level * epochs)
        lines.append(f"{accuracy:10.2f}{counts[0]!s:>10}{counts[1]!s:>12}{share:>14}")
    lines.append(
        f"after {budget} epochs: {alone.mean(axis=0)[-1]:.2f} alone, {stopped.mean(axis=0)[-1]:.2f} with "
        f"hyperband in {statistics.mean(len(sweep) for sweep in found['hyperband']):.0f} trials"
    )
    return lines


def share_with_error(alone: Array, stopped: Array, epochs: int) -> str:
    """Return what share of the epochs stopping needs for what the search alone has after ``epochs``.

    The error is the standard deviation over seeds drawn with replacement; in one that does not get there in
    all of the epochs, all of them count.
    """
    rng = np.random.default_rng(0)

    def share(ones: Array, others: Array) -> float:
        accuracy = float(ones.mean(axis=0)[epochs])
        counts = [first_at(each, accuracy) or each.shape[1] - 1 for each in (ones, others)]
        return counts[1] / counts[0]

    drawn = [
        share(
            alone[rng.integers(len(alone), size=len(alone))],
            stopped[rng.integers(len(stopped), size=len(stopped))],
        )
        for _ in range(_RESAMPLINGS)
    ]
    return f"{share(alone, stopped):.0%} ±{statistics.stdev(drawn):4.0%}"


if __name__ == "__main__":
    main()
