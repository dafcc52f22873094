"""Points of a sweep's parameters: all of a grid, or one at random."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from typing import Any

Point = dict[str, Any]


def grid(parameters: dict[str, Any]) -> list[Point]:
    """Every combination; nested parameters are nested dicts."""
    names = list(parameters)
    return [
        dict(zip(names, values, strict=True))
        for values in itertools.product(*(list(_choices(parameters[name])) for name in names))
    ]


def draw(parameters: dict[str, Any], random: random.Random) -> Point:
    """One point, each parameter drawn from its distribution."""
    return {name: _drawn(parameter, random) for name, parameter in parameters.items()}


def _choices(parameter: dict[str, Any]) -> Iterator[Any]:
    if "parameters" in parameter:
        yield from grid(parameter["parameters"])
    elif "value" in parameter:
        yield parameter["value"]
    elif "values" in parameter:
        yield from parameter["values"]
    elif "q" in parameter:
        low, high, q = parameter["min"], parameter["max"], parameter["q"]
        yield from (low + i * q for i in range(int((high - low) / q + 1e-9) + 1))
    else:
        yield from range(int(parameter["min"]), int(parameter["max"]) + 1)


def _drawn(parameter: dict[str, Any], random: random.Random) -> Any:
    if "parameters" in parameter:
        return draw(parameter["parameters"], random)
    if "value" in parameter:
        return parameter["value"]
    if "values" in parameter:
        return random.choices(parameter["values"], parameter.get("probabilities"))[0]
    kind = parameter.get("distribution") or _implied(parameter)
    low, high = parameter.get("min", 0), parameter.get("max", 1)
    if kind == "int_uniform":
        return random.randint(int(low), int(high))
    value = _continuous(kind.removeprefix("q_"), parameter, low, high, random)
    if kind.startswith("q_"):
        q = parameter.get("q", 1)
        value = round(value / q) * q
        if "uniform" in kind and "min" in parameter and not kind.endswith("log_uniform"):
            value = min(max(value, low), high)
    return value


def _continuous(
    kind: str, parameter: dict[str, Any], low: float, high: float, random: random.Random
) -> float:
    mu, sigma = parameter.get("mu", 0), parameter.get("sigma", 1)
    if kind == "uniform":
        return random.uniform(low, high)
    if kind == "log_uniform":
        return math.exp(random.uniform(low, high))
    if kind == "log_uniform_values":
        return math.exp(random.uniform(math.log(low), math.log(high)))
    if kind == "inv_log_uniform":
        return 1 - math.exp(random.uniform(low, high))
    if kind == "inv_log_uniform_values":
        return low + high - math.exp(random.uniform(math.log(low), math.log(high)))
    if kind == "normal":
        return random.gauss(mu, sigma)
    if kind == "log_normal":
        return math.exp(random.gauss(mu, sigma))
    if kind == "beta":
        return random.betavariate(parameter.get("a", 1), parameter.get("b", 1))
    raise ValueError(f"unknown distribution {kind!r}")


def _implied(parameter: dict[str, Any]) -> str:
    are_whole = isinstance(parameter["min"], int) and isinstance(parameter["max"], int)
    return "int_uniform" if are_whole else "uniform"
