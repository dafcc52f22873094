#!/usr/bin/env python3
"""Training steps, optimizers, epochs, augmentations and start-up, timed on one thread; PyTorch beside them.

A case makes contestants: functions that take one step. They are timed in turn, a few milliseconds each, and
again, so that a busy or throttled machine slows all of them alike; a number is the median of the repeats. CPU
time is measured, which other processes hardly disturb. Without torch (`pip install -e '.[benchmark]'`) its
columns stay empty.

    python scripts/benchmark.py [--case NAME ...] [--json FILE] [--repeats N] [--seconds S] [--keep-pins]
                                [--instructions avx2]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path

if importlib.util.find_spec("swatch") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
if importlib.util.find_spec("benchmark_cases") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent))

from benchmark_environment import header, prepare_environment
from benchmark_instructions import ALL, AVX2, CHOICES, is_restricted, restart

FEWEST_REPEATS = 7


def choose(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the cases with these names or beginnings of names; all of them if there are none.

    Raises:
        ValueError: no case begins so.
    """
    for name in names:
        if not any(case.startswith(name) for case in known):
            raise ValueError(f"there is no case '{name}'; there are {', '.join(known)}")
    return [case for case in known if not names or case.startswith(tuple(names))]


def parse(arguments: Sequence[str] | None) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    """Return the checked options."""
    parser = argparse.ArgumentParser(description="Swatch's speed on one thread, PyTorch beside it.")
    parser.add_argument("--case", nargs="+", default=[], metavar="NAME", help="only these, or beginning so")
    parser.add_argument("--repeats", type=int, default=15, metavar="N", help="at least 7; default 15")
    parser.add_argument("--seconds", type=float, default=0.1, help="of every contestant in every repeat")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there as well")
    parser.add_argument(
        "--keep-pins", action="store_true", help="keep OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE"
    )
    parser.add_argument(
        "--instructions", choices=CHOICES, default=ALL, help="avx2 holds both sides to AVX2; default all"
    )
    options = parser.parse_args(arguments)
    if options.repeats < FEWEST_REPEATS:
        parser.error(f"--repeats must be at least {FEWEST_REPEATS}, found {options.repeats}")
    if options.json is not None and not options.json.parent.is_dir():
        parser.error(f"--json: there is no folder {options.json.parent}")
    return parser, options


def main(arguments: Sequence[str] | None = None) -> None:
    """Time the cases, print the tables and, if asked to, write them as JSON."""
    parser, options = parse(arguments)
    if options.instructions == AVX2 and not is_restricted():
        restart(Path(__file__).resolve(), arguments)
    pins = prepare_environment(options.keep_pins or is_restricted())
    from benchmark_case import KINDS
    from benchmark_cases import cases
    from benchmark_table import best_torch, head, ratios, row
    from benchmark_timing import measure
    from benchmark_torch import VERSION

    known = cases()
    try:
        names = choose(options.case, [case.name for case in known])
    except ValueError as error:
        parser.error(str(error))
    about = header(pins, VERSION)
    print("\n".join(f"{key:<10} {value}" for key, value in about.items()))
    print(f"\nCPU time, median of {options.repeats} repeats, one thread")
    results = []
    for kind in KINDS:
        chosen = [case for case in known if case.kind == kind and case.name in names]
        if chosen:
            print(f"\n{kind}\n{head(kind)}")
        for case in chosen:
            if case.times is not None:
                times = case.times(options.repeats)
            else:
                assert case.contestants is not None
                measured = measure(case.contestants(), options.repeats, options.seconds)
                times = {column: time * case.calls for column, time in measured.items()}
            print(row(kind, case.name, times), flush=True)
            results.append(
                {
                    "case": case.name,
                    "kind": kind,
                    "microseconds": times,
                    "ratios": ratios(times),
                    "best torch": best_torch(times),
                }
            )
    if options.json is not None:
        document = {"machine": about, "repeats": options.repeats, "results": results}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
