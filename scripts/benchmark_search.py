#!/usr/bin/env python3
"""How good the searches are: the regret after so many evaluations, on problems whose optimum is known.

    python scripts/benchmark_search.py [--seeds N] [--evaluations N] [--agents N]
        [--problems NAME ...] [--engines NAME ...] [--json FILE]

The problems have the parameters of real sweeps: continuous ones, grids of numbers, categories; one of them
is a surrogate of real trainings. Regret is 0 at the best value there is and 1000 at a middling random
configuration; the table shows its mean over the seeds after all evaluations, with the standard error. In
brackets stands after how many evaluations the mean is that of the best of 100 random ones. With
``--agents N`` so many trials run at any time.

With ``--json FILE`` every finished sweep is added to the file, and those that are in it are not run again.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmark_engines import DEFAULT, ENGINES, missing
from benchmark_problems import PROBLEMS, Problem

RANDOM = "random"
REFERENCE_EVALUATIONS = 100

Result = dict[str, Any]
"""``problem engine agents evaluations seed values cpu_seconds``."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing and print the table."""
    options = parse(arguments)
    for name, package in missing(options.engines).items():
        print(f"{name} is left out: {package} is not installed here")
    engines = [name for name in options.engines if name not in missing(options.engines)]
    results = load(options.json)
    for problem in (PROBLEMS[name] for name in options.problems):
        for name in engines:
            for seed in range(options.seeds):
                wanted = {
                    "problem": problem.name,
                    "engine": name,
                    "agents": options.agents,
                    # The first evaluations of random search are the same however many there are.
                    "evaluations": REFERENCE_EVALUATIONS if name == RANDOM else options.evaluations,
                    "seed": seed,
                }
                if not any(wanted.items() <= result.items() for result in results):
                    results.append(sweep(problem, wanted))
                    save(options.json, results)
    for line in table(results, options, engines):
        print(line)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options; ends the program for a name that there is not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--evaluations", type=int, default=60)
    parser.add_argument("--agents", type=int, default=1)
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(DEFAULT))
    parser.add_argument("--json", type=Path)
    return parser.parse_args(arguments)


def sweep(problem: Problem, wanted: Result) -> Result:
    """Run one sweep and return its values in the order in which its trials began."""
    evaluations, agents = wanted["evaluations"], wanted["agents"]
    engine = ENGINES[wanted["engine"]](problem, wanted["seed"], evaluations)
    values: list[float] = []
    running: list[int] = []
    spent = 0.0
    for _ in range(evaluations):
        start = time.process_time()
        number, point = engine.ask()
        spent += time.process_time() - start
        values.append(problem.value(point))
        running.append(number)
        if len(running) == agents:
            done = running.pop(0)
            start = time.process_time()
            engine.tell(done, values[done])
            spent += time.process_time() - start
    return {**wanted, "values": values, "cpu_seconds": round(spent, 3)}


def table(results: Sequence[Result], options: argparse.Namespace, engines: Sequence[str]) -> list[str]:
    """Return the lines of the table: a row an engine, three columns a problem."""
    lines = [
        f"Regret x 1000 after {options.evaluations} evaluations, {options.agents} at a time, "
        f"mean and standard error of {options.seeds} seeds; in brackets the evaluations until the best of "
        f"{REFERENCE_EVALUATIONS} random ones is reached, and CPU ms a proposal",
        f"{'':14}" + "".join(f"{name:>28}" for name in options.problems),
    ]
    for name in engines:
        cells = []
        for problem in (PROBLEMS[key] for key in options.problems):
            found = chosen(results, problem, name, options)
            regrets = [1000 * problem.regret(min(r["values"][: options.evaluations])) for r in found]
            error = statistics.stdev(regrets) / len(regrets) ** 0.5 if len(regrets) > 1 else 0.0
            reached = reaching(found, best_of_random(results, problem, options))
            cost = 1000 * statistics.mean(r["cpu_seconds"] / len(r["values"]) for r in found)
            cells.append(f"{statistics.mean(regrets):9.1f} ±{error:5.1f} ({reached:>3}, {cost:4.0f})")
        lines.append(f"{name:14}" + "".join(f"{cell:>28}" for cell in cells))
    return lines


def chosen(
    results: Sequence[Result], problem: Problem, engine: str, options: argparse.Namespace
) -> list[Result]:
    """Return the sweeps that a cell of the table is made of."""
    evaluations = REFERENCE_EVALUATIONS if engine == RANDOM else options.evaluations
    wanted = {"problem": problem.name, "engine": engine, "agents": options.agents, "evaluations": evaluations}
    return [r for r in results if wanted.items() <= r.items() and r["seed"] < options.seeds]


def best_of_random(results: Sequence[Result], problem: Problem, options: argparse.Namespace) -> float | None:
    """Return the mean of the best values of random search, or None if it was not run."""
    found = chosen(results, problem, RANDOM, options)
    return statistics.mean(min(result["values"]) for result in found) if found else None


def reaching(results: Sequence[Result], level: float | None) -> str:
    """Return after how many evaluations the mean over the sweeps of their best values is at ``level``."""
    if level is None:
        return "?"
    for count in range(1, min(len(result["values"]) for result in results) + 1):
        if statistics.mean(min(result["values"][:count]) for result in results) <= level:
            return str(count)
    return "-"


def load(path: Path | None) -> list[Result]:
    """Return the sweeps of an earlier run."""
    if path is None or not path.exists():
        return []
    results: list[Result] = json.loads(path.read_text())
    return results


def save(path: Path | None, results: Sequence[Result]) -> None:
    """Write all sweeps so far, whole or not at all."""
    if path is not None:
        draft = path.with_name(path.name + ".new")
        draft.write_text(json.dumps(results, indent=0) + "\n")
        draft.replace(path)


if __name__ == "__main__":
    main()
