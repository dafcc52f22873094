#!/usr/bin/env python3
"""What each technique of docs/speed.md is worth: the same work with it and without, in turn, on one thread.

python scripts/benchmark_techniques.py [--only NAME ...] [--repeats N] [--seconds S] [--keep-pins]
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

if importlib.util.find_spec("swatch") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
if importlib.util.find_spec("benchmark_environment") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent))

from benchmark_case import Step
from benchmark_environment import prepare_environment

# Elements of the windows of 64 images in the larger convolution of the cnn.
WHOLE_BATCH = 8_100_000

Pair = tuple[Step, Step]
"""The same work with a technique, and without it."""


def pairs() -> dict[str, Callable[[], Pair]]:
    """Return what makes the two contestants of every technique."""
    return {
        "tiles, mlp": lambda: _switched("mlp", "swatch.nn.products.TILED_KERNELS", ()),
        "tiles, cnn": lambda: _switched("cnn", "swatch.nn.products.TILED_KERNELS", ()),
        "stripes, resnet_small": lambda: _switched("resnet_small", "swatch.nn.products.TILED_KERNELS", ()),
        "fused conv-pool-relu": lambda: (_step("cnn"), _step("cnn", fused=False)),
        "conv in blocks": lambda: _switched("cnn", "swatch.nn.patches.BLOCK", WHOLE_BATCH),
        "channels in long rows": _long_rows,
        "no gradient of the images": lambda: (_step("mlp"), _step("mlp", input_gradient=True)),
        "adam in place": _adam_in_place,
        "adam in blocks": _adam_in_blocks,
        "relu against zeros": _relu,
        "relu backward by a mask": _relu_backward,
        "bias gradient as a product": _bias_gradient,
        "loss as (classes, n)": _loss_layout,
        "batch into a buffer": _batch,
    }


def _step(name: str, *, input_gradient: bool = False, **options: Any) -> Step:
    """Return a training step of a small network, already warm."""
    import numpy as np

    from swatch import nn
    from swatch.optim import Adam

    model = nn.mlp(10, [128, 128]) if name == "mlp" else getattr(nn, name)(10)
    network = nn.Network(model, (28, 28, 1), batch_size=64, seed=0, **options)
    loss, optimizer = nn.CrossEntropy(), Adam(0.001)
    optimizer.bind(network.parameters)
    generator = np.random.default_rng(0)
    x = generator.standard_normal((64, 28, 28, 1), dtype=np.float32)
    labels = generator.integers(10, size=64)

    def step() -> None:
        loss.forward(network.forward(x, training=True), labels)
        network.backward(loss.backward(), input_gradient)
        optimizer.step(network.parameters.values, network.parameters.gradients)

    step()
    return step


def _switched(name: str, setting: str, off: Any) -> Pair:
    """Return a network's step as it is, and as it was built with a constant changed."""
    on = _step(name)
    with mock.patch(setting, off):
        return on, _step(name)


def _adam(hidden: list[int]) -> tuple[Any, Any]:
    import numpy as np

    from swatch import nn
    from swatch.optim import Adam

    parameters = nn.Network(nn.mlp(10, hidden), (784,), batch_size=1, seed=0).parameters
    parameters.gradients[:] = np.random.default_rng(0).standard_normal(parameters.size)
    optimizer = Adam(0.001)
    optimizer.bind(parameters)
    return parameters, optimizer


def _adam_in_place() -> Pair:
    """Without: the paper's formulas, every result a new array."""
    import numpy as np

    parameters, optimizer = _adam([128, 128])
    values, gradients = parameters.values, parameters.gradients
    state = {"m": np.zeros_like(values), "v": np.zeros_like(values), "t": 0}

    def formulas() -> None:
        state["t"] += 1
        state["m"] = 0.9 * state["m"] + 0.1 * gradients
        state["v"] = 0.999 * state["v"] + 0.001 * gradients**2
        m, v = state["m"] / (1 - 0.9 ** state["t"]), state["v"] / (1 - 0.999 ** state["t"])
        values[:] = values - 0.001 * m / (np.sqrt(v) + 1e-8)

    return lambda: optimizer.step(values, gradients), formulas


def _adam_in_blocks() -> Pair:
    """Without: each pass over all 2.9 million numbers before the next one."""
    steps = []
    for size in (None, 1 << 40):
        with _block(size):
            parameters, optimizer = _adam([1024, 1024, 1024])
        steps.append(partial(optimizer.step, parameters.values, parameters.gradients))
    return steps[0], steps[1]


@contextmanager
def _block(size: int | None) -> Iterator[None]:
    with mock.patch("swatch.optim.optimizer.BLOCK", size) if size else mock.patch.dict({}):
        yield


def _arrays() -> tuple[Any, Any, Any]:
    import numpy as np

    z = np.random.default_rng(0).standard_normal((64, 128), dtype=np.float32)
    return z, np.empty_like(z), np.zeros_like(z)


def _relu() -> Pair:
    """Without: the maximum with the number 0."""
    import numpy as np

    z, out, zeros = _arrays()
    return lambda: np.maximum(z, zeros, out=out), lambda: np.maximum(z, 0.0, out=out)


def _relu_backward() -> Pair:
    """Without: np.where."""
    import numpy as np

    z, gradient, zeros = _arrays()
    mask = np.empty(z.shape, np.bool_)

    def masked() -> None:
        np.greater(z, zeros, out=mask)
        np.multiply(gradient, mask, out=gradient)

    return masked, lambda: np.where(z > 0, gradient, 0)


def _bias_gradient() -> Pair:
    """Without: a sum over the batch."""
    import numpy as np

    gradient, _, _ = _arrays()
    ones, out = np.ones(64, np.float32), np.empty(128, np.float32)
    return lambda: np.dot(ones, gradient, out=out), lambda: np.add.reduce(gradient, axis=0, out=out)


def _long_rows() -> Pair:
    """Without: a bias of 32 channels added to every position by itself."""
    import numpy as np

    from swatch.nn.channels import Channels

    images, bias = np.zeros((64, 14, 14, 32), np.float32), np.ones(32, np.float32)
    channels = Channels(images.shape[1:], images.dtype)
    rows, row = channels.rows(images), np.empty(channels.length, np.float32)

    def joined() -> None:
        channels.spread(bias, row)
        np.add(rows, row, out=rows)

    return joined, lambda: np.add(images, bias, out=images)


def _loss_layout() -> Pair:
    """Without: softmax, loss and gradient on (n, classes), as formulas."""
    import numpy as np

    from swatch.nn import CrossEntropy

    generator = np.random.default_rng(0)
    logits = generator.standard_normal((64, 10), dtype=np.float32)
    labels, rows = generator.integers(10, size=64), np.arange(64)
    loss = CrossEntropy()

    def ours() -> None:
        loss.forward(logits, labels)
        loss.backward()

    def formulas() -> None:
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        float(-np.log(p[rows, labels]).mean())
        p[rows, labels] -= 1
        p /= 64

    return ours, formulas


def _batch() -> Pair:
    """Without: indexing, conversion and division, each making an array."""
    import numpy as np

    from swatch.data.normalization import Normalization

    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (60_000, 28, 28, 1), dtype=np.uint8)
    orders = itertools.cycle(generator.integers(0, len(images), (500, 64)))
    taken, inputs = np.empty((64, 28, 28, 1), np.uint8), np.empty((64, 28, 28, 1), np.float32)
    unit = Normalization("unit", 1 / 255, 0.0)

    def buffered() -> None:
        images.take(next(orders), axis=0, out=taken, mode="clip")
        unit.apply(taken, inputs)

    return buffered, lambda: images[next(orders)].astype(np.float32) / 255


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What each technique is worth.")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these, or beginning so")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.05)
    parser.add_argument("--keep-pins", action="store_true")
    options = parser.parse_args()
    pins = prepare_environment(options.keep_pins)
    from benchmark_environment import header
    from benchmark_table import duration
    from benchmark_timing import measure

    about = header(pins, None)
    print("\n".join(f"{key:<10} {about[key]}" for key in ("date", "processor", "load", "numpy", "pins")))
    print(f"\n{'technique':<30}{'without':>12}{'with':>12}{'without/with':>14}")
    for name, make in pairs().items():
        if options.only and not name.startswith(tuple(options.only)):
            continue
        on, off = make()
        times = measure({"with": on, "without": off}, options.repeats, options.seconds)
        ratio = times["without"] / times["with"]
        print(
            f"{name:<30}{duration(times['without']):>12}{duration(times['with']):>12}{ratio:>14.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
