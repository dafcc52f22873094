"""The overrides by which a training watches the metric that its sweep is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swatch.compose import compose
from swatch.errors import UserError
from swatch.schema.settings import MONITORED
from swatch.sweep.space.quoting import override


def monitoring(sweep: Mapping[str, Any], texts: Sequence[str]) -> list[str]:
    """Return what makes ``training.monitor`` follow a sweep's ``metric``, as sweeps of our own engine do.

    Args:
        sweep: The sweep's config as the server has it.
        texts: The run's overrides; the result belongs before them. Where they say themselves what to
            monitor, nothing is added.
    """
    metric = sweep.get("metric")
    given = {text.partition("=")[0].lstrip("+") for text in texts}
    if not isinstance(metric, Mapping) or metric.get("name") not in MONITORED:
        return []
    found: list[str] = []
    for key, wanted in (("monitor", metric["name"]), ("goal", metric.get("goal", "minimize"))):
        if f"training.{key}" in given:
            continue
        try:
            settings = compose([*found, *texts]).settings.training
        except UserError:
            return []  # The training will say it better.
        if getattr(settings, key) != wanted:
            found.append(override(f"training.{key}", wanted))
    return found
