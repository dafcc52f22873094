"""The ``metric`` block of a sweep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swatch.errors import did_you_mean
from swatch.sweep.config.fields import check_keys
from swatch.sweep.config.yaml_source import YamlSource

GOALS = ("minimize", "maximize")
METRIC_KEYS = ("name", "goal", "target", "impute", "impute_while_running")

# Words in a metric's name that tell which way is better.
_USUAL_GOALS = {
    **dict.fromkeys(("accuracy", "acc", "f1", "auc", "precision", "recall"), "maximize"),
    **dict.fromkeys(("loss", "error", "mse", "rmse", "mae", "perplexity"), "minimize"),
}


@dataclass(frozen=True)
class Metric:
    """What the sweep optimises: the best epoch's value of one logged metric."""

    name: str
    goal: str = "minimize"
    """``"minimize"`` (W&B's default) or ``"maximize"``."""
    target: float | None = None
    """The sweep is over once a trial reaches this value."""

    def reached(self, value: float) -> bool:
        """Whether ``value`` is at least as good as the target."""
        if self.target is None:
            return False
        return value <= self.target if self.goal == "minimize" else value >= self.target


def read_metric(source: YamlSource, raw: Mapping[str, Any], notices: list[str]) -> Metric | None:
    """Return the metric, or None if there is none; raises UserError with line and key."""
    metric = raw.get("metric")
    if metric is None:
        return None
    path = ("metric",)
    if not isinstance(metric, dict):
        raise source.error(path, f"write {{name: val/accuracy, goal: maximize}} or the like, not {metric!r}")
    check_keys(source, path, metric, METRIC_KEYS)
    name = metric.get("name")
    if not isinstance(name, str) or not name:
        raise source.error(path, "it needs a name, such as `name: val/accuracy`")
    goal = metric.get("goal", "minimize")
    if goal not in GOALS:
        raise source.error(
            (*path, "goal"),
            f"unknown goal {goal!r}.{did_you_mean(str(goal), GOALS)} It is one of: {', '.join(GOALS)}.",
        )
    target = metric.get("target")
    if target is not None and (isinstance(target, bool) or not isinstance(target, int | float)):
        raise source.error((*path, "target"), f"it must be a number, not {target!r}")
    _warn_of_contradiction(source, name, metric, notices)
    for key, used in (("impute", "worst"), ("impute_while_running", "false")):
        if str(metric.get(key, used)).lower() != used:
            notices.append(
                f"{source.where((*path, key))}: metric.{key} is not used here: failed trials count as the "
                "worst seen, and running ones by what the model expects of them"
            )
    return Metric(name, str(goal), None if target is None else float(target))


def _warn_of_contradiction(
    source: YamlSource, name: str, metric: Mapping[str, Any], notices: list[str]
) -> None:
    words = re.split(r"[^a-z0-9]+", name.lower())
    usual = next((_USUAL_GOALS[word] for word in words if word in _USUAL_GOALS), None)
    goal = metric.get("goal", "minimize")
    if usual is None or usual == goal:
        return
    if "goal" in metric:
        place, what = source.where(("metric", "goal")), f"goal: {goal}"
    else:
        place, what = source.where(("metric",)), f"no goal, which means {goal}"
    notices.append(f"{place}: the metric {name} has {what}; did you mean `goal: {usual}`?")
