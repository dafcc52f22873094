"""The ``metric`` block of a sweep, or its ``metrics``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swatch.errors import did_you_mean
from swatch.sweep.config.fields import check_keys
from swatch.sweep.config.yaml_source import Path, YamlSource

GOALS = ("minimize", "maximize")
METRIC_KEYS = ("name", "goal", "target", "impute", "impute_while_running")
STRATEGIES = ("worst", "best", "latest")

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
    impute: str = "worst"
    """How ``bayes`` counts a failed trial: ``"worst"``, ``"best"`` or ``"latest"``."""
    impute_while_running: str = "false"
    """How ``bayes`` counts a running one: ``"false"`` (pending), or one of those three."""

    def reached(self, value: float) -> bool:
        """Whether ``value`` is at least as good as the target."""
        if self.target is None:
            return False
        return value <= self.target if self.goal == "minimize" else value >= self.target


def read_metrics(
    source: YamlSource, raw: Mapping[str, Any], method: str, notices: list[str]
) -> tuple[Metric, ...]:
    """Return the metric of ``metric:`` or the two or more of ``metrics:``; empty if there is neither.

    Raises UserError with line and key.
    """
    if "metrics" not in raw:
        metric = raw.get("metric")
        return () if metric is None else (_read_one(source, ("metric",), metric, method, notices),)
    path, metrics = ("metrics",), raw["metrics"]
    if "metric" in raw:
        raise source.error(path, "there is `metric` as well; keep the one or the other")
    if not isinstance(metrics, list) or len(metrics) < 2:
        raise source.error(
            path, "list two or more, such as `- {name: val/accuracy, goal: maximize}`; one is `metric:`"
        )
    found = [
        _read_one(source, (*path, index), metric, method, notices) for index, metric in enumerate(metrics)
    ]
    for index, metric in enumerate(found):
        if metric.name in [other.name for other in found[:index]]:
            raise source.error((*path, index, "name"), f"{metric.name} is there twice")
        if metric.target is not None:
            raise source.error(
                (*path, index, "target"), "a sweep ends at the target of one `metric`, not at one of several"
            )
    return tuple(found)


def _read_one(source: YamlSource, path: Path, metric: object, method: str, notices: list[str]) -> Metric:
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
    _warn_of_contradiction(source, path, name, metric, notices)
    impute = _strategy(source, (*path, "impute"), metric, STRATEGIES)
    while_running = _strategy(source, (*path, "impute_while_running"), metric, ("false", *STRATEGIES))
    if method != "bayes":
        unused = (key for key in ("impute", "impute_while_running") if key in metric)
        notices += [f"{source.where((*path, key))}: only `method: bayes` looks at {key}" for key in unused]
    return Metric(name, str(goal), None if target is None else float(target), impute, while_running)


def _strategy(source: YamlSource, path: Path, metric: Mapping[str, Any], known: Sequence[str]) -> str:
    given = metric.get(str(path[-1]))
    if given is None:
        return known[0]
    # `false` without quotes is no text in YAML.
    text = str(given).lower() if isinstance(given, bool) else given
    if text not in known:
        raise source.error(
            path,
            f"unknown strategy {given!r}.{did_you_mean(str(given), known)} It is one of: {', '.join(known)}.",
        )
    return str(text)


def _warn_of_contradiction(
    source: YamlSource, path: Path, name: str, metric: Mapping[str, Any], notices: list[str]
) -> None:
    words = re.split(r"[^a-z0-9]+", name.lower())
    usual = next((_USUAL_GOALS[word] for word in words if word in _USUAL_GOALS), None)
    goal = metric.get("goal", "minimize")
    if usual is None or usual == goal:
        return
    if "goal" in metric:
        place, what = source.where((*path, "goal")), f"goal: {goal}"
    else:
        place, what = source.where(path), f"no goal, which means {goal}"
    notices.append(f"{place}: the metric {name} has {what}; did you mean `goal: {usual}`?")
