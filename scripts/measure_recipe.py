#!/usr/bin/env python3
"""What a recipe of conf/experiment/ reaches, and in how much time.

Each seed is trained by `swatch train experiment=NAME seed=N` in a process of its own with one BLAS thread,
one after the other. When all are trained, and not before, the test set is read, once for each seed, by
`swatch evaluate`, with the weights of the epoch that was best on the validation images. Values behind the
names override the recipe's, which shows what each is worth; decide such questions with `--without-test`.

    python scripts/measure_recipe.py fast_mlp
    python scripts/measure_recipe.py fast_cnn augmentation=none --seeds 3 --without-test
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if importlib.util.find_spec("benchmark_environment") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent))

from benchmark_environment import header, prepare_environment

SOURCES = Path(__file__).resolve().parent.parent / "src"
Row = dict[str, Any]
COLUMNS = {
    "training": "CPU s of the training: loading the images, all epochs, the validation after each, saving",
    "process": "CPU s of the whole process, with Python's start and imports",
    "wall": "seconds on the clock of the whole process",
    "validation": "accuracy on the validation images, of the best epoch, in percent",
    "test": "accuracy on the test images with that epoch's weights, in percent",
}


class CommandError(Exception):
    """A `swatch` command ended with another exit code than 0, which is the argument."""


def swatch(*words: str) -> str:
    """Run a `swatch` command in a process of its own and return what it printed; its errors are shown.

    Raises:
        CommandError: with its exit code.
    """
    done = subprocess.run([sys.executable, "-m", "swatch", *words], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise CommandError(done.returncode)
    return done.stdout


def train(name: str, seed: int, overrides: Sequence[str], runs: Path) -> Row:
    """Train a recipe with one seed and return what it took and reached on the validation images."""
    folder = runs / f"{name}-{seed}"
    cpu, clock = _cpu_of_children(), time.perf_counter()
    swatch(
        "train",
        f"experiment={name}",
        *overrides,
        f"seed={seed}",
        f"run.id={folder.name}",
        f"paths.runs={runs}",
        "tracking.mode=disabled",
        "training.threads=1",
        "training.progress=false",
    )
    wall, process = time.perf_counter() - clock, _cpu_of_children() - cpu
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return {
        "seed": seed,
        "run": str(folder),
        "epochs": summary["epochs"],
        "best_epoch": summary["best"]["epoch"],
        "training": summary["timings"]["process_cpu_seconds"],
        "process": process,
        "wall": wall,
        "validation": 100 * summary["best"]["val/accuracy"],
    }


def read_test_set(row: Row) -> None:
    """Add the accuracy on the test images to the row of a trained seed."""
    evaluated = json.loads(swatch("evaluate", row["run"], "--split", "test", "--json"))
    row["test"] = 100 * evaluated["metrics"]["accuracy"]


def _cpu_of_children() -> float:
    """Return the CPU seconds of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(name: str, seeds: int, overrides: Sequence[str], runs: Path, with_test: bool) -> Row:
    """Train a recipe with the seeds 0, 1, ... and return each seed's row, the means and the spreads.

    ``deviation`` is the sample standard deviation over the seeds; it is empty for one seed.
    """
    rows = [train(name, seed, overrides, runs) for seed in range(seeds)]
    if with_test:
        for row in rows:
            read_test_set(row)
    values = {column: [row[column] for row in rows] for column in COLUMNS if column in rows[0]}
    return {
        "recipe": name,
        "overrides": list(overrides),
        "seeds": [{key: value for key, value in row.items() if key != "run"} for row in rows],
        "mean": {column: statistics.fmean(found) for column, found in values.items()},
        "deviation": {c: statistics.stdev(found) for c, found in values.items() if seeds > 1},
    }


def table(measured: Row) -> str:
    """Return a recipe's numbers as lines of text."""
    mean, deviation = measured["mean"], measured["deviation"]
    rows = [(str(row["seed"]), row) for row in measured["seeds"]]
    rows += [(name, found) for name, found in (("mean", mean), ("deviation", deviation)) if found]
    lines = [
        " ".join([measured["recipe"], *measured["overrides"]]),
        f"{'seed':<10}" + "".join(f"{column:>12}" for column in mean),
        *(f"{name:<10}" + "".join(f"{row[column]:>12.2f}" for column in mean) for name, row in rows),
    ]
    return "\n".join(lines)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the checked options."""
    parser = argparse.ArgumentParser(description="Accuracy and time of recipes of conf/experiment/.")
    parser.add_argument("words", nargs="+", metavar="NAME | KEY=VALUE", help="recipes, and what to override")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="seeds 0 to N-1; default 3")
    parser.add_argument("--without-test", action="store_true", help="leave the test set unread")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there as well")
    parser.add_argument("--runs", type=Path, metavar="FOLDER", help="keep the runs there; else they go")
    parser.add_argument(
        "--keep-pins", action="store_true", help="keep OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE"
    )
    options = parser.parse_intermixed_args(arguments)
    options.names = [word for word in options.words if "=" not in word]
    options.overrides = [word for word in options.words if "=" in word]
    if not options.names:
        parser.error("which recipe? fast_mlp, for one")
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1, found {options.seeds}")
    if options.json is not None and not options.json.parent.is_dir():
        parser.error(f"--json: there is no folder {options.json.parent}")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the recipes, print the tables and, if asked to, write them as JSON; return the exit code."""
    options = parse(arguments)
    pins = prepare_environment(options.keep_pins)
    if importlib.util.find_spec("swatch") is None:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(SOURCES), os.environ.get("PYTHONPATH", "")])
    about = header(pins, torch_version=None)
    del about["torch"]
    print("\n".join(f"{key:<10} {value}" for key, value in about.items()))
    print("\n" + "\n".join(f"{column:<10} {meaning}" for column, meaning in COLUMNS.items()))
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        runs = (options.runs or Path(temporary)).absolute()
        for name in options.names:
            try:
                measured = measure(name, options.seeds, options.overrides, runs, not options.without_test)
            except CommandError as failed:
                return int(failed.args[0])
            print(f"\n{table(measured)}", flush=True)
            results.append(measured)
    if options.json is not None:
        document = {"machine": about, "results": results}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
