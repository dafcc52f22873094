"""The yardstick: the same networks and optimizers in torch, in every variant that may be faster."""

from __future__ import annotations

import itertools
import math
import shutil
from collections.abc import Sequence
from typing import Any

from benchmark_case import EAGER, Step
from benchmark_instructions import is_restricted
from swatch import nn

try:
    import torch

    torch.set_num_threads(1)
except ImportError:
    torch = None  # type: ignore[assignment]

VERSION: str | None = torch.__version__ if torch is not None else None
FUSED, CHANNELS_LAST, COMPILED = "torch fused", "torch channels_last", "torch compiled"
# Ours to torch's: the class, whether it has a fused variant, and its options.
OPTIMIZERS: dict[str, tuple[str, bool, dict[str, Any]]] = {
    "sgd": ("SGD", True, {}),
    "momentum": ("SGD", True, {"momentum": 0.9}),
    "nesterov": ("SGD", True, {"momentum": 0.9, "nesterov": True}),
    "adam": ("Adam", True, {}),
    "adamw": ("AdamW", True, {}),
    "adagrad": ("Adagrad", True, {}),
    "nadam": ("NAdam", False, {}),
    "rmsprop": ("RMSprop", False, {}),
}
# Of torch's own compiler a model of 60 million parameters asks for minutes.
LARGEST_COMPILED = 10_000_000


def training_steps(model: nn.Module, batches: Sequence[tuple[Any, Any]]) -> dict[str, Step]:
    """Return a training step of each variant of a network in torch; none without torch.

    Args:
        model: described, not built.
        batches: images, shape (n, height, width, channels), with their labels.
    """
    if torch is None:
        return {}
    nn.Network(model, batches[0][0].shape[1:], batch_size=1, seed=0)
    described = list(model.children())
    steps = {
        EAGER: _training_step(described, batches, fused=False),
        FUSED: _training_step(described, batches, fused=True),
    }
    if any(isinstance(module, nn.Conv2d) for module in described):
        steps[CHANNELS_LAST] = _training_step(described, batches, fused=True, channels_last=True)
    # The compiler's own code is for the processor as it is, and crashes beside kernels that are held to less.
    compiles = shutil.which("g++") is not None and not is_restricted()
    if compiles and sum(_count(module) for module in described) <= LARGEST_COMPILED:
        steps[COMPILED] = _training_step(described, batches, fused=True, compiled=True)
    return steps


def optimizer_steps(choice: str, weights: Sequence[Any]) -> dict[str, Step]:
    """Return the steps of torch's optimizer of the same name, with gradients in place; none if there is none.

    Args:
        choice: a file of ``conf/optimizer``.
        weights: arrays whose shapes the parameters have.
    """
    if torch is None or choice not in OPTIMIZERS:
        return {}
    name, has_fused, options = OPTIMIZERS[choice]
    steps: dict[str, Step] = {}
    for column, variant in ((EAGER, {}), (FUSED, {"fused": True} if has_fused else None)):
        if variant is None:
            continue
        tensors = [torch.nn.Parameter(torch.from_numpy(weight.copy())) for weight in weights]
        for tensor in tensors:
            tensor.grad = torch.randn_like(tensor)
        steps[column] = getattr(torch.optim, name)(tensors, lr=0.001, **options, **variant).step
    return steps


def _training_step(
    described: Sequence[nn.Module],
    batches: Sequence[tuple[Any, Any]],
    *,
    fused: bool,
    channels_last: bool = False,
    compiled: bool = False,
) -> Step:
    model: Any = torch.nn.Sequential(*(_translate(module) for module in described))
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = model.to(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=fused or None)
    criterion = torch.nn.CrossEntropyLoss()
    called = torch.compile(model) if compiled else model
    # Seen as (n, channels, height, width), our images are channels_last; a copy has the usual strides.
    views = [(x.transpose(0, 3, 1, 2), y) for x, y in batches]
    tensors = [(torch.from_numpy(x if channels_last else x.copy()), torch.from_numpy(y)) for x, y in views]
    turns = itertools.cycle(tensors)

    def step() -> float:
        inputs, classes = next(turns)
        optimizer.zero_grad()
        value = criterion(called(inputs), classes)
        value.backward()
        optimizer.step()
        return float(value.item())

    return step


def _translate(module: nn.Module) -> Any:
    """Return torch's module for one of ours, which was built."""
    layers, inputs = torch.nn, module.input_shape
    if isinstance(module, nn.Linear):
        return layers.Linear(inputs[0], module.outputs, bias=module.has_bias)
    if isinstance(module, nn.Conv2d):
        top, _, left, _ = module.margins
        sizes = (inputs[2], module.channels, module.kernel_size, module.stride, (top, left))
        return layers.Conv2d(*sizes, bias=module.has_bias)
    if isinstance(module, nn.MaxPool2d):
        return layers.MaxPool2d(module.kernel_size, module.stride)
    if isinstance(module, nn.BatchNorm):
        return (layers.BatchNorm2d if len(inputs) == 3 else layers.BatchNorm1d)(inputs[-1])
    if isinstance(module, nn.Dropout):
        return layers.Dropout(module.probability)
    if isinstance(module, nn.GlobalAvgPool2d):
        return layers.Sequential(layers.AdaptiveAvgPool2d(1), layers.Flatten())
    if isinstance(module, nn.Residual):
        return _residual([_translate(child) for child in module.children()[0].children()])
    return {nn.ReLU: layers.ReLU, nn.Flatten: layers.Flatten}[type(module)]()


def _residual(modules: Sequence[Any]) -> Any:
    class Residual(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = torch.nn.Sequential(*modules)

        def forward(self, x: Any) -> Any:
            return self.body(x) + x

    return Residual()


def _count(module: nn.Module) -> int:
    """Return the number of weights, roughly."""
    if isinstance(module, nn.Linear):
        return math.prod(module.input_shape) * module.outputs
    return sum(_count(child) for child in module.children())
