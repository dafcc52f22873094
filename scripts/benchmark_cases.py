"""What scripts/benchmark.py times: a new case is one entry of CASES.

NumPy and torch read the environment when they are imported; scripts/benchmark.py sets it before it imports
this.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

try:
    import torch

    torch.set_num_threads(1)
except ImportError:
    torch = None  # type: ignore[assignment]

TORCH_VERSION: str | None = torch.__version__ if torch is not None else None
ROOT = Path(__file__).resolve().parent.parent
# The columns of the table.
OURS, EAGER, FUSED, GEMM = "swatch", "torch", "torch fused", "GEMM only"
BATCHES = 8

Step = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """Something to time: its name, and what makes its contestants, by column."""

    name: str
    contestants: Callable[[], dict[str, Step]]


def mlp_case(name: str, hidden: Sequence[int], batch: int) -> Case:
    """Return the case of a whole training step with Adam: forward, loss, backward, update."""
    return Case(name, lambda: _mlp_contestants([784, *hidden, 10], batch))


def optimizer_case(choice: str) -> Case:
    """Return the case of one optimizer's step at 118,282 parameters, those of 784-128-128-10."""
    return Case(f"{choice}-118k", lambda: _optimizer_contestants(choice, [784, 128, 128, 10]))


CASES = [
    mlp_case("mlp-128-128-batch-64", [128, 128], 64),
    mlp_case("mlp-128-128-batch-32", [128, 128], 32),
    mlp_case("mlp-512-512-batch-128", [512, 512], 128),
    mlp_case("mlp-1024x3-batch-128", [1024, 1024, 1024], 128),
    *(optimizer_case(path.stem) for path in sorted((ROOT / "conf" / "optimizer").glob("*.yaml"))),
]


def _mlp_contestants(sizes: list[int], batch: int) -> dict[str, Step]:
    generator = np.random.default_rng(0)
    x = generator.standard_normal((BATCHES, batch, sizes[0]), dtype=np.float32)
    labels = generator.integers(10, size=(BATCHES, batch))
    steps = {OURS: _our_step(sizes, x, labels), GEMM: _gemm_step(sizes, batch)}
    if torch is not None:
        steps[EAGER] = _torch_step(sizes, x, labels, fused=False)
        steps[FUSED] = _torch_step(sizes, x, labels, fused=True)
    return steps


def _our_step(sizes: list[int], x: Any, labels: Any) -> Step:
    from swatch import nn
    from swatch.optim import Adam
    from swatch.optim.schedules import OneCycle

    network = nn.Network(nn.mlp(10, sizes[1:-1]), (sizes[0],), batch_size=x.shape[1], seed=0)
    loss, optimizer = nn.CrossEntropy(), Adam(learning_rate=0.001)
    optimizer.bind(network.parameters)
    schedule = OneCycle(optimizer.hyperparameters(), total_steps=1_000_000)
    values, gradients = network.parameters.values, network.parameters.gradients
    batches, count = itertools.cycle(list(zip(x, labels, strict=True))), itertools.count()

    def step() -> float:
        inputs, classes = next(batches)
        value = loss.forward(network.forward(inputs, training=True), classes)
        network.backward(loss.backward())
        optimizer.step(values, gradients, schedule(next(count)))
        return value

    return step


def _gemm_step(sizes: list[int], batch: int) -> Step:
    """Return the matrix products of a step and nothing else: the limit of what NumPy can reach."""
    calls = []
    for index, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        x, w, y = (
            np.ones(shape, np.float32) for shape in ((batch, inputs), (inputs, outputs), (batch, outputs))
        )
        w_gradient, x_gradient = np.empty_like(w), np.empty_like(x)
        calls += [(x, w, y), (x.T, y.copy(), w_gradient)]
        calls += [(y.copy(), w.T, x_gradient)] if index else []

    def step() -> None:
        for a, b, out in calls:
            np.dot(a, b, out=out)

    return step


def _torch_step(sizes: list[int], x: Any, labels: Any, *, fused: bool) -> Step:
    layers: list[Any] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=fused or None)
    criterion = torch.nn.CrossEntropyLoss()
    batches = itertools.cycle(
        [(torch.from_numpy(a), torch.from_numpy(b)) for a, b in zip(x, labels, strict=True)]
    )

    def step() -> float:
        inputs, classes = next(batches)
        optimizer.zero_grad()
        value = criterion(model(inputs), classes)
        value.backward()
        optimizer.step()
        return float(value.item())

    return step


def _optimizer_contestants(choice: str, sizes: list[int]) -> dict[str, Step]:
    from swatch import nn

    network = nn.Network(nn.mlp(10, sizes[1:-1]), (sizes[0],), batch_size=1, seed=0)
    parameters = network.parameters
    parameters.gradients[:] = np.random.default_rng(0).standard_normal(parameters.size)
    arguments = yaml.safe_load((ROOT / "conf" / "optimizer" / f"{choice}.yaml").read_text(encoding="utf-8"))
    module, _, name = arguments.pop("_target_").rpartition(".")
    optimizer = getattr(importlib.import_module(module), name)(**arguments)
    optimizer.bind(parameters)
    steps: dict[str, Step] = {OURS: lambda: optimizer.step(parameters.values, parameters.gradients)}
    for column, fused in ((EAGER, False), (FUSED, True)):
        theirs = _torch_optimizer(choice, [segment.view for segment in parameters], fused)
        if theirs is not None:
            steps[column] = theirs.step
    return steps


def _torch_optimizer(choice: str, weights: list[Any], fused: bool) -> Any:
    """Return torch's optimizer of the same name with gradients in place, or None if there is none."""
    names = {"sgd": ("SGD", {}), "momentum": ("SGD", {"momentum": 0.9}), "adam": ("Adam", {})}
    if torch is None or choice not in names:
        return None
    tensors = [torch.nn.Parameter(torch.from_numpy(weight.copy())) for weight in weights]
    for tensor in tensors:
        tensor.grad = torch.randn_like(tensor)
    name, options = names[choice]
    return getattr(torch.optim, name)(tensors, lr=0.001, fused=fused or None, **options)
