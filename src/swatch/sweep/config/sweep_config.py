"""A sweep YAML in W&B's schema, whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swatch.errors import UserError
from swatch.sweep.config.early_terminate import read_early_terminate
from swatch.sweep.config.fields import check_keys, text, whole_number, words
from swatch.sweep.config.metric import Metric, read_metrics
from swatch.sweep.config.parameters import read_parameters
from swatch.sweep.config.scheduler import read_method
from swatch.sweep.config.yaml_source import YamlSource
from swatch.sweep.distributions import Distribution
from swatch.sweep.pruners.stopping import Hyperband
from swatch.sweep.space.search_space import SearchSpace

# Every key of W&B's schema; those that the engine does not use (project, entity, command ...) are W&B's.
TOP_LEVEL_KEYS = (
    *("method", "metric", "parameters", "name", "description", "run_cap", "early_terminate", "program"),
    *("command", "project", "entity", "controller", "metrics", "scheduler", "apiVersion", "kind", "job"),
    "image_uri",
)


@dataclass(frozen=True)
class SweepConfig:
    """One sweep as its YAML describes it."""

    source: YamlSource
    """The plain value and the lines; ``source.error(path, message)`` makes an error that names the line."""
    method: str
    """``"grid"``, ``"random"`` or ``"bayes"``."""
    metrics: tuple[Metric, ...]
    """What the sweep optimises: one metric, or several of the YAML's ``metrics``; empty if it names none."""
    parameters: Mapping[str, Distribution]
    """Dotted key to distribution, in the YAML's order; constants are among them."""
    name: str | None = None
    description: str | None = None
    run_cap: int | None = None
    early_terminate: Hyperband | None = None
    program: str | None = None
    command: tuple[str, ...] = ()
    project: str | None = None
    entity: str | None = None
    notices: tuple[str, ...] = ()
    """What is worth a word but no error, one line each."""

    @property
    def metric(self) -> Metric | None:
        """The metric, of several the first; None if the YAML names none."""
        return self.metrics[0] if self.metrics else None

    @property
    def raw(self) -> dict[str, Any]:
        """The YAML's plain value."""
        value: dict[str, Any] = self.source.value
        return value

    @property
    def space(self) -> SearchSpace:
        """The search space without conditions; ``validation.check`` finds those."""
        return SearchSpace(self.parameters)

    @classmethod
    def from_yaml(cls, text: str, source: str) -> SweepConfig:
        """Read a sweep YAML; ``source`` names it in messages. Raises UserError with the line and the key."""
        return _read(YamlSource.parse(text, source))

    @classmethod
    def from_mapping(cls, value: Mapping[str, Any], source: str = "the sweep") -> SweepConfig:
        """Read a sweep given as a dict, as ``wandb.sweep`` takes it. Raises UserError with the key."""
        return _read(YamlSource(source, dict(value)))

    def path_of(self, key: str) -> tuple[str, ...]:
        """Return where the parameter ``key`` stands in the YAML, for ``source.error``."""
        path: tuple[str, ...] = ("parameters",)
        block, rest = self.raw["parameters"], key
        while rest not in block:
            head = next(name for name in block if rest.startswith(f"{name}.") and "parameters" in block[name])
            block, path, rest = block[head]["parameters"], (*path, head, "parameters"), rest[len(head) + 1 :]
        return (*path, rest)


def _read(source: YamlSource) -> SweepConfig:
    raw = source.value
    if raw is None:
        raise UserError(
            f"{source.name} is empty; a sweep needs `method` and `parameters`, as in sweeps/quick.yaml"
        )
    if not isinstance(raw, dict):
        raise UserError(
            f"{source.where()}: a sweep is a mapping with the keys method, metric and parameters, "
            f"not a {type(raw).__name__}"
        )
    check_keys(source, (), raw, TOP_LEVEL_KEYS)
    notices = [
        f"{source.name}:{line}: W&B reads {number} as text; {_with_point(number)} is a number there too"
        for line, number in source.numbers_that_wandb_reads_as_text()
    ]
    method = read_method(source, raw)
    metrics = read_metrics(source, raw, method, notices)
    early_terminate = read_early_terminate(source, raw)
    if len(metrics) > 1 and early_terminate is not None:
        raise source.error(
            ("early_terminate",),
            "with several `metrics` none of them says which trials to end; use one `metric`",
        )
    if not metrics and (method == "bayes" or early_terminate is not None):
        what = "method: bayes" if method == "bayes" else "early_terminate"
        raise UserError(
            f"{source.where((what.split(':')[0],))}: {what} must know what is good; "
            "add for example `metric: {name: val/accuracy, goal: maximize}`"
        )
    return SweepConfig(
        source=source,
        method=method,
        metrics=metrics,
        parameters=read_parameters(source, raw, method, notices),
        name=text(source, ("name",), raw),
        description=text(source, ("description",), raw),
        run_cap=whole_number(source, ("run_cap",), raw),
        early_terminate=early_terminate,
        program=text(source, ("program",), raw),
        command=words(source, ("command",), raw),
        project=text(source, ("project",), raw),
        entity=text(source, ("entity",), raw),
        notices=tuple(notices),
    )


def _with_point(number: str) -> str:
    """Return ``1e5`` as ``1.0e+5``, which YAML 1.1 takes for a number."""
    mantissa, exponent = number.lower().split("e")
    return f"{mantissa}.0e{'' if exponent[0] in '+-' else '+'}{exponent}"
