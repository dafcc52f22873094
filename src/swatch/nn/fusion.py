"""Modules that are faster together than one after the other, put together when a network is built."""

from __future__ import annotations

from swatch.nn.builder import Builder
from swatch.nn.conv_pool import ConvPool
from swatch.nn.layers.batch_norm import BatchNorm
from swatch.nn.layers.conv2d import Conv2d
from swatch.nn.layers.max_pool2d import MaxPool2d
from swatch.nn.layers.relu import ReLU
from swatch.nn.module import Module
from swatch.nn.sequential import Sequential


def fuse(module: Module, builder: Builder) -> dict[Module, Module]:
    """Let every sequence in a built module run with what its modules can be fused into.

    What a module computes does not change, but for rounding: each fusion is tested against its parts.

    Returns:
        The modules that no longer run, each with the one that runs instead.
    """
    replaced: dict[Module, Module] = {}
    for child in module.children():
        replaced |= fuse(child, builder)
    if isinstance(module, Sequential):
        steps: list[Module] = []
        waiting = list(module.children())
        while waiting:
            fused, count = _fuse_first(waiting, builder)
            steps.append(fused)
            if count > 1:
                replaced |= dict.fromkeys(waiting[:count], fused)
            del waiting[:count]
        module.run_instead(steps)
    return replaced


def _fuse_first(modules: list[Module], builder: Builder) -> tuple[Module, int]:
    """Return what the first modules can be fused into, or the first one, and how many of them that takes."""
    kinds = [type(module) for module in modules[:3]]
    for pattern in ([Conv2d, ReLU, MaxPool2d], [Conv2d, MaxPool2d, ReLU], [Conv2d, MaxPool2d]):
        if kinds[: len(pattern)] == pattern:
            conv, pool = modules[0], modules[pattern.index(MaxPool2d)]
            assert isinstance(conv, Conv2d) and isinstance(pool, MaxPool2d)
            if ConvPool.suits(conv, pool):
                return ConvPool(conv, pool, ReLU in pattern, builder), len(pattern)
    first = modules[0]
    if kinds[:2] == [BatchNorm, ReLU]:
        assert isinstance(first, BatchNorm)
        first.rectify()
        return first, 2
    return first, 1
