"""From one entry of a sweep's ``parameters`` block to its distribution."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from swatch.errors import did_you_mean
from swatch.sweep.distributions.base import Distribution, number
from swatch.sweep.distributions.categorical import Categorical, Constant, canonical
from swatch.sweep.distributions.continuous import Beta, Continuous, LogNormal, LogUniform, Normal, Uniform
from swatch.sweep.distributions.entry import Entry, ParameterError, key_of
from swatch.sweep.distributions.integer import IntUniform
from swatch.sweep.distributions.quantized import Quantized


def _constant(entry: Entry, name: str) -> Distribution:
    key_of(entry.raw["value"])
    return Constant(entry.raw["value"], name)


def _categorical(entry: Entry, name: str) -> Distribution:
    return Categorical(entry.values(), None, name)


def _weighted(entry: Entry, name: str) -> Distribution:
    values, weights = entry.raw["values"], entry.raw["probabilities"]
    entry.values()
    if not isinstance(weights, list | tuple) or len(weights) != len(values):
        raise ParameterError(
            f"probabilities must be a list as long as values ({len(values)}), not {weights!r}",
            "probabilities",
        )
    for weight in weights:
        if (number(weight) or 0.0) < 0 or number(weight) is None:
            raise ParameterError(
                f"a probability must be a number of at least 0, not {weight!r}", "probabilities"
            )
    if not math.isclose(math.fsum(weights), 1.0, abs_tol=1e-6):
        raise ParameterError(f"probabilities must add up to 1, not {math.fsum(weights):g}", "probabilities")
    shares: dict[str, tuple[Any, float]] = {}
    for value, weight in zip(values, weights, strict=True):
        if weight > 0:
            first, before = shares.get(canonical(value), (value, 0.0))
            shares[canonical(value)] = (first, before + weight)
    return Categorical(
        [value for value, _ in shares.values()], [weight for _, weight in shares.values()], name
    )


def _int_uniform(entry: Entry, name: str) -> Distribution:
    low, high = entry.range()
    for key, bound in (("min", low), ("max", high)):
        if not isinstance(bound, int):
            raise ParameterError(
                f"int_uniform needs whole numbers, but {key} is {bound}; use `distribution: uniform` "
                "for a continuous range",
                key,
            )
    return IntUniform(int(low), int(high), name)


def _uniform(entry: Entry, name: str) -> Continuous:
    low, high = entry.range()
    return Uniform(float(low), float(high), name)


def _log_uniform(entry: Entry, name: str) -> Continuous:
    low, high = entry.exponents()
    return LogUniform(float(low), float(high), name)


def _log_uniform_values(entry: Entry, name: str) -> Continuous:
    return LogUniform.of_values(*entry.positive_range(), name)


def _inv_log_uniform(entry: Entry, name: str) -> Continuous:
    low, high = entry.exponents()
    return LogUniform(-float(high), -float(low), name)


def _normal(entry: Entry, name: str) -> Continuous:
    return Normal(entry.real("mu", 0.0), entry.positive("sigma", 1.0), name)


def _log_normal(entry: Entry, name: str) -> Continuous:
    return LogNormal(entry.real("mu", 0.0), entry.positive("sigma", 1.0), name)


def _beta(entry: Entry, name: str) -> Continuous:
    return Beta(entry.positive("a", 1.0), entry.positive("b", 1.0), name)


def _quantized(build: Callable[[Entry, str], Continuous]) -> Callable[[Entry, str], Distribution]:
    def build_quantized(entry: Entry, name: str) -> Distribution:
        distribution = Quantized(build(entry, name), entry.positive("q", 1), name)
        if distribution.size < 1:
            raise ParameterError(f"no multiple of q {distribution.q} lies between min and max", "q")
        return distribution

    return build_quantized


@dataclass(frozen=True)
class _Kind:
    build: Callable[[Entry, str], Distribution]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


_RANGE = ("min", "max")

DISTRIBUTIONS: Mapping[str, _Kind] = {
    "constant": _Kind(_constant, ("value",)),
    "categorical": _Kind(_categorical, ("values",)),
    "categorical_w_probabilities": _Kind(_weighted, ("values", "probabilities")),
    "int_uniform": _Kind(_int_uniform, _RANGE),
    "uniform": _Kind(_uniform, _RANGE),
    "q_uniform": _Kind(_quantized(_uniform), _RANGE, ("q",)),
    "log_uniform": _Kind(_log_uniform, _RANGE),
    "log_uniform_values": _Kind(_log_uniform_values, _RANGE),
    "q_log_uniform": _Kind(_quantized(_log_uniform), _RANGE, ("q",)),
    "q_log_uniform_values": _Kind(_quantized(_log_uniform_values), _RANGE, ("q",)),
    "inv_log_uniform": _Kind(_inv_log_uniform, _RANGE),
    "inv_log_uniform_values": _Kind(_log_uniform_values, _RANGE),
    "normal": _Kind(_normal, (), ("mu", "sigma")),
    "q_normal": _Kind(_quantized(_normal), (), ("mu", "sigma", "q")),
    "log_normal": _Kind(_log_normal, (), ("mu", "sigma")),
    "q_log_normal": _Kind(_quantized(_log_normal), (), ("mu", "sigma", "q")),
    "beta": _Kind(_beta, (), ("a", "b")),
    "q_beta": _Kind(_quantized(_beta), (), ("a", "b", "q")),
}
"""W&B's distributions: the keys each needs and takes."""

_ALL_KEYS = {"distribution", "parameters"} | {
    key for kind in DISTRIBUTIONS.values() for key in kind.required + kind.optional
}


def parse_parameter(raw: Mapping[str, Any]) -> Distribution:
    """Return the distribution of one parameter's entry; raises :class:`ParameterError`.

    Without a ``distribution`` key it is implied as W&B implies it: ``value`` is a constant, ``values`` are
    categorical (with ``probabilities``, weighted), ``min`` and ``max`` that are both whole numbers
    ``int_uniform``, otherwise ``uniform``. A range that starts where it ends is a constant.
    """
    for key in raw:
        if key not in _ALL_KEYS:
            raise ParameterError(f"unknown key '{key}'.{did_you_mean(str(key), _ALL_KEYS)}", str(key))
    name = _distribution_name(raw)
    kind = DISTRIBUTIONS[name]
    for key in kind.required:
        if key not in raw:
            raise ParameterError(f"{name} needs {' and '.join(kind.required)}; {key} is missing")
    for key in raw:
        if key not in (*kind.required, *kind.optional, "distribution"):
            takes = ", ".join(kind.required + kind.optional)
            raise ParameterError(f"{name} takes {takes}, not {key}", key)
    distribution = kind.build(Entry(raw), name)
    if isinstance(distribution, Continuous) and distribution.bounds[0] == distribution.bounds[1]:
        return Constant(distribution.bounds[0], name)
    return distribution


def _distribution_name(raw: Mapping[str, Any]) -> str:
    if "distribution" in raw:
        name = raw["distribution"]
        if not isinstance(name, str) or name not in DISTRIBUTIONS:
            raise ParameterError(
                f"unknown distribution {name!r}.{did_you_mean(str(name), DISTRIBUTIONS)} "
                f"The distributions are: {', '.join(DISTRIBUTIONS)}.",
                "distribution",
            )
        return name
    if "value" in raw:
        return "constant"
    if "values" in raw:
        return "categorical_w_probabilities" if "probabilities" in raw else "categorical"
    if "min" in raw or "max" in raw:
        whole = all(isinstance(raw.get(key), int) for key in _RANGE)
        return "int_uniform" if whole else "uniform"
    raise ParameterError(
        "it has no values: give `value`, `values`, `min` and `max`, or a `distribution` with its parameters"
    )
