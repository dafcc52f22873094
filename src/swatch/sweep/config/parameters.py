"""The ``parameters`` block of a sweep: nested entries flattened to dotted keys."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from swatch.errors import UserError
from swatch.sweep.config.yaml_source import YamlSource
from swatch.sweep.distributions import (
    Discrete,
    Distribution,
    LogUniform,
    ParameterError,
    Quantized,
    Uniform,
    parse_parameter,
)

# W&B's pattern for a key, and "/" and "@" for Hydra's nested and relocated groups.
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./@-]*")


def read_parameters(
    source: YamlSource, raw: Mapping[str, Any], method: str, notices: list[str]
) -> dict[str, Distribution]:
    """Return dotted key to distribution, in the YAML's order.

    Appends a line to ``notices`` for each known trap. Raises UserError with line and key for a malformed
    entry, and for a parameter that a grid cannot enumerate.
    """
    block = raw.get("parameters")
    if block is None:
        raise UserError(f"{source.name}: the key parameters is missing; it says what to sweep")
    reader = _Reader(source, method, notices)
    reader.read_block(block, ("parameters",), "")
    return reader.found


@dataclass
class _Reader:
    source: YamlSource
    method: str
    notices: list[str]
    found: dict[str, Distribution] = field(default_factory=dict)

    def read_block(self, block: object, path: tuple[str, ...], prefix: str) -> None:
        if not isinstance(block, dict) or not block:
            raise self.source.error(path, f"it must name at least one parameter, not {block!r}")
        for key, entry in block.items():
            where = (*path, str(key))
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise self.source.error(where, f"{key!r} is not a name such as optimizer.learning_rate")
            if not isinstance(entry, dict):
                what = "values" if isinstance(entry, list) else "value"
                raise self.source.error(where, f"write a mapping such as {{{what}: {entry}}}, not {entry!r}")
            if "parameters" in entry:
                if len(entry) > 1:
                    raise self.source.error(where, "it nests `parameters`; there can be nothing beside them")
                self.read_block(entry["parameters"], (*where, "parameters"), f"{prefix}{key}.")
            else:
                self.read_entry(f"{prefix}{key}", entry, where)

    def read_entry(self, key: str, entry: Mapping[str, Any], path: tuple[str, ...]) -> None:
        if key in self.found:
            raise self.source.error(path, f"{key} is given twice, nested and dotted; keep one")
        try:
            distribution = parse_parameter(entry)
        except ParameterError as error:
            part = (error.key,) if error.key is not None and error.key in entry else ()
            raise self.source.error((*path, *part), str(error)) from None
        self.found[key] = distribution
        if self.method == "grid":
            self.refuse_in_grid(distribution, path)
        self.note_traps(key, entry, distribution, path)

    def refuse_in_grid(self, distribution: Distribution, path: tuple[str, ...]) -> None:
        if isinstance(distribution, Discrete) and distribution.bounded:
            return
        way_out = "list the `values` to try"
        if isinstance(distribution, Uniform):
            step = _round_step((distribution.high - distribution.low) / 4)
            way_out += f", or add `distribution: q_uniform` with a step such as `q: {step:g}`"
        elif isinstance(distribution, LogUniform):
            low, high = distribution.bounds
            between = [low * (high / low) ** (part / 3) for part in range(4)]
            way_out += f", such as [{', '.join(f'{value:.2g}' for value in between)}]"
        raise self.source.error(
            path,
            f"a grid cannot visit every value of a continuous range ({distribution.describe()}): {way_out}, "
            "or use `method: random`",
        )

    def note_traps(
        self, key: str, entry: Mapping[str, Any], distribution: Distribution, path: tuple[str, ...]
    ) -> None:
        base = distribution.base if isinstance(distribution, Quantized) else distribution
        if isinstance(base, LogUniform) and not base.name.endswith("_values"):
            low, high = base.bounds
            self.notices.append(
                f"{self.source.where(path)}: {key}: {base.name} takes exponents of e, so this draws from "
                f"{low:.4g} to {high:.4g}; `{base.name}_values` takes the values themselves"
            )
        if "value" in entry or not isinstance(distribution, Discrete):
            return
        if distribution.size == 1:
            self.notices.append(f"{self.source.where(path)}: {key} has one value, so it is not searched")
        elif distribution.size < len(entry.get("values", ())) and "probabilities" not in entry:
            self.notices.append(f"{self.source.where(path)}: {key} lists a value twice; it counts once")


def _round_step(step: float) -> float:
    """Return the power of ten times 1, 2 or 5 that is at most ``step``."""
    power = 10.0 ** math.floor(math.log10(step))
    return max(power * factor for factor in (1, 2, 5) if power * factor <= step * (1 + 1e-9))
