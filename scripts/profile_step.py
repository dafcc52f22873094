#!/usr/bin/env python3
"""Where the time of one training step goes: layer by layer, and by the NumPy function that takes it.

    python scripts/profile_step.py [--model NAME] [--hidden N ...] [--batch N] [--steps N] [--detail]

Every NumPy function that the network calls is wrapped by a clock, which takes a third of a microsecond
itself: of a small network's step the times add up to a little more than it takes without. The clock is the
wall's, as that of CPU time takes too long to read: profile on a machine that has nothing else to do.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

if importlib.util.find_spec("benchmark_environment") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent))

FUNCTIONS = (
    *("dot", "matmul", "copyto", "add", "subtract", "multiply", "divide", "sqrt", "maximum", "greater"),
    *("equal", "exp", "log", "vdot", "ceil", "sign"),
)
Times = dict[tuple[str, str], float]


class Clocked:
    """A NumPy function that adds up the time of its calls; its ``reduce`` as well, if it has one."""

    def __init__(self, name: str, function: Any, add: Callable[[str, float], None]) -> None:
        self._name, self._function, self._add = name, function, add

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call the function."""
        begin = time.perf_counter()
        result = self._function(*arguments, **options)
        self._add(self._name, time.perf_counter() - begin)
        return result

    def __getattr__(self, name: str) -> Any:
        return Clocked(f"{self._name}.{name}", getattr(self._function, name), self._add)


class Profile:
    """The time of every function in every part of a step."""

    def __init__(self) -> None:
        self._part = ""
        self._step: Times = {}
        self._steps: list[Times] = []

    @contextmanager
    def step(self) -> Iterator[None]:
        """Count what happens in the block as one step."""
        self._step = defaultdict(float)
        yield
        self._steps.append(self._step)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what happens in the block as a part; what no NumPy function takes is Python's."""
        self._part, begin = name, time.perf_counter()
        before = sum(self._step.values())
        yield
        taken = time.perf_counter() - begin
        self._step[name, "Python"] += taken - (sum(self._step.values()) - before)

    def add(self, function: str, seconds: float) -> None:
        """Count a call."""
        self._step[self._part, function] += seconds

    def medians(self) -> Times:
        """Return the median over the steps, in µs."""
        keys = dict.fromkeys(itertools.chain.from_iterable(self._steps))
        return {key: statistics.median(step.get(key, 0.0) for step in self._steps) * 1e6 for key in keys}


def profile(model: Any, batch: int, steps: int) -> Times:
    """Return the time of every (part, function) of a step with Adam, in µs."""
    import numpy as np

    from swatch import nn
    from swatch.optim import Adam

    network = nn.Network(model, (28, 28, 1), batch_size=batch, seed=0)
    loss, optimizer = nn.CrossEntropy(), Adam(0.001)
    optimizer.bind(network.parameters)
    generator = np.random.default_rng(0)
    x = generator.standard_normal((batch, 28, 28, 1), dtype=np.float32)
    labels = generator.integers(10, size=batch)
    result = Profile()

    def clocked(module: Any, method: str, direction: str) -> Callable[..., Any]:
        function = getattr(module, method)

        def call(*arguments: Any) -> Any:
            with result.part(f"{module.name} {direction}"):
                return function(*arguments)

        return call

    for module in network.model._steps:  # type: ignore[attr-defined]
        for method, direction in (("forward", "forward"), ("backward", "backward")):
            setattr(module, method, clocked(module, method, direction))
    replaced: dict[str, Any] = {name: Clocked(name, getattr(np, name), result.add) for name in FUNCTIONS}
    with mock.patch.multiple(np, **replaced):
        for _ in range(steps + 3):
            with result.step():
                logits = network.forward(x, training=True)
                with result.part("loss"):
                    loss.forward(logits, labels)
                    gradient = loss.backward()
                network.backward(gradient)
                with result.part("Adam"):
                    optimizer.step(network.parameters.values, network.parameters.gradients)
    return result.medians()


def show(times: Times, by: int) -> None:
    """Print the sums by part (0) or by function (1), the largest first."""
    sums: dict[str, float] = defaultdict(float)
    for key, value in times.items():
        sums[key[by]] += value
    total = sum(sums.values())
    for name, value in sorted(sums.items(), key=lambda item: -item[1]):
        if value > total / 1000:
            print(f"{name:<28}{value:>12,.1f} µs {value / total:>8.1%}")
    print(f"{'all':<28}{total:>12,.1f} µs\n")


def main() -> None:
    """Profile one model."""
    parser = argparse.ArgumentParser(description="Where the time of a training step goes.")
    parser.add_argument("--model", default="mlp", help="a function of swatch.nn, such as mlp or cnn")
    parser.add_argument("--hidden", type=int, nargs="*", default=[128, 128], help="hidden sizes of an mlp")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--detail", action="store_true", help="every function in every layer")
    options = parser.parse_args()
    from benchmark_environment import prepare_environment

    prepare_environment(keep_pins=False)
    from swatch import nn

    arguments = {"hidden_sizes": options.hidden} if options.model == "mlp" else {}
    times = profile(getattr(nn, options.model)(10, **arguments), options.batch, options.steps)
    show(times, by=0)
    show(times, by=1)
    if options.detail:
        show({(f"{part}: {function}", ""): value for (part, function), value in times.items()}, by=0)


if __name__ == "__main__":
    main()
