"""The ``early_terminate`` block of a sweep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from swatch.sweep.config.fields import check_keys, whole_number
from swatch.sweep.config.yaml_source import YamlSource
from swatch.sweep.pruners.stopping import Hyperband

HYPERBAND_KEYS = ("type", "min_iter", "max_iter", "s", "eta", "strict")


def read_early_terminate(source: YamlSource, raw: Mapping[str, Any]) -> Hyperband | None:
    """Return the stopping rule, or None if there is none; raises UserError with line and key."""
    rule = raw.get("early_terminate")
    if rule is None:
        return None
    path = ("early_terminate",)
    if not isinstance(rule, dict):
        raise source.error(path, f"write a mapping such as {{type: hyperband, min_iter: 1}}, not {rule!r}")
    check_keys(source, path, rule, HYPERBAND_KEYS)
    if rule.get("type") != "hyperband":
        raise source.error((*path, "type"), f"the one type is hyperband, not {rule.get('type')!r}")
    if ("min_iter" in rule) == ("max_iter" in rule) or ("max_iter" in rule) != ("s" in rule):
        raise source.error(path, "give either min_iter, or max_iter together with s")
    eta = rule.get("eta", 3)
    if isinstance(eta, bool) or not isinstance(eta, int | float) or not math.isfinite(eta) or eta <= 1:
        raise source.error((*path, "eta"), f"it must be a number above 1, not {eta!r}")
    strict = rule.get("strict", False)
    if not isinstance(strict, bool):
        raise source.error((*path, "strict"), f"it is true or false, not {strict!r}")
    hyperband = Hyperband(
        min_iter=whole_number(source, (*path, "min_iter"), rule),
        max_iter=whole_number(source, (*path, "max_iter"), rule),
        s=whole_number(source, (*path, "s"), rule),
        eta=float(eta),
        strict=strict,
    )
    if not hyperband.bands():
        raise source.error(path, f"no band lies below max_iter {hyperband.max_iter} with eta {eta:g}")
    return hyperband
