"""Whether a sweep fits the network's config: every key, every value and the metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swatch.errors import UserError, did_you_mean
from swatch.sweep.config import SweepConfig
from swatch.sweep.distributions import Categorical, Constant, Discrete, Distribution
from swatch.sweep.network.choices import Combinations
from swatch.sweep.network.rehearsal import Rehearsal
from swatch.sweep.space.linked import linked_values
from swatch.sweep.space.quoting import override
from swatch.sweep.space.search_space import SearchSpace

LOGGED_METRICS = (
    *("val/accuracy", "val/loss", "train/accuracy", "train/loss"),
    *("learning_rate", "seconds", "samples_per_second"),
)
"""What training logs after every epoch, and so what a sweep can optimise."""

TEST_KEY = "training.test"

# Both ends of a range and a number between that is not round: it shows where whole numbers are needed.
_TRIED_QUANTILES = (0.0, 0.382, 1.0)


@dataclass(frozen=True)
class CheckedSweep:
    """A sweep that fits."""

    space: SearchSpace
    """Without the pinned parameters, and with the conditions that the config groups imply."""
    notices: tuple[str, ...]
    """What is worth a word beyond ``SweepConfig.notices``, one line each."""
    pinned: tuple[str, ...]
    """The YAML's parameters that are not swept, because the command line decides about them."""


def check(config: SweepConfig, overrides: Sequence[str]) -> CheckedSweep:
    """Check a sweep of the network against the config that ``overrides`` compose.

    An override of a swept key pins it: it is no longer swept. A key that only some of the swept choices of a
    group have (``optimizer.momentum`` under ``optimizer=sgd``) becomes conditional on them. Raises UserError
    with line and key for a key or value that the config or what it builds does not take, and for a metric
    that training does not log.
    """
    from swatch.training.rehearsal import rehearse

    _check_metrics(config)
    given = {text.partition("=")[0].lstrip("+~"): text for text in overrides}
    swept = {key: dist for key, dist in config.parameters.items() if key not in given}
    notices = [
        f"{config.source.where(config.path_of(key))}: {key} is not swept: the command line says {given[key]}"
        for key in config.parameters
        if key in given
    ]
    combinations = Combinations(config, swept, overrides)
    _check_test_set(config, combinations, TEST_KEY in given)
    conditions: dict[str, Mapping[str, frozenset[str]]] = {}
    linked: set[str] = set()
    for key, distribution in list(swept.items()):
        condition = combinations.condition_of(key)
        if condition is None and linked_values(distribution) is not None:
            _check_linked(config, combinations, key, distribution, given)
            linked.add(key)
            continue
        if condition is None:
            if not combinations.exists_without_pins(key, given):
                raise _unknown_key(config, combinations, key, distribution)
            del swept[key]
            notices.append(
                f"{config.source.where(config.path_of(key))}: {key} is not swept: no choice left has it"
            )
            continue
        if condition:
            conditions[key] = condition
        _check_values(config, combinations, key, distribution)
    pinned = tuple(key for key in config.parameters if key not in swept)
    searched = {key for key, dist in config.parameters.items() if not isinstance(dist, Constant)}
    if searched and searched.issubset(pinned):
        raise UserError(
            f"{config.source.name}: the command line sets every swept key; nothing is left to sweep"
        )
    space = SearchSpace(swept, conditions, frozenset(linked))
    Rehearsal(config, space, overrides, rehearse).run(space.swept)
    return CheckedSweep(space, tuple(notices), pinned)


def _check_linked(
    config: SweepConfig,
    combinations: Combinations,
    name: str,
    distribution: Distribution,
    given: Mapping[str, str],
) -> None:
    """Check the dicts under a name that the config does not have: every key of theirs is one it has."""
    path = config.path_of(name)
    for index, values in enumerate(linked_values(distribution) or ()):
        is_list = isinstance(distribution, Categorical)
        place: tuple[str | int, ...] = (*path, "values", index) if is_list else (*path, "value")
        for key in values:
            if key in config.parameters:
                raise config.source.error(place, f"{key} is swept by itself as well; keep one of the two")
            if key in given:
                raise config.source.error(
                    place, f"{key} is on the command line too, as {given[key]}; leave it out"
                )
        try:
            combinations.compose_all_with([override(key, value) for key, value in values.items()])
        except (UserError, ValueError) as error:
            raise config.source.error(
                place, f"the config has no '{name}', so its dicts set keys: {error}"
            ) from None


def _check_metrics(config: SweepConfig) -> None:
    for index, metric in enumerate(config.metrics):
        if metric.name not in LOGGED_METRICS:
            path = ("metric",) if "metric" in config.raw else ("metrics", index)
            raise _unlogged(config, metric.name, path)


def _check_test_set(config: SweepConfig, combinations: Combinations, is_given: bool) -> None:
    """Let trials read the test set only if the sweep's YAML itself says so, once and for all of them.

    ``is_given``: whether the command line sets the key. An experiment may set it, too, a swept one also.
    """
    swept = config.parameters.get(TEST_KEY)
    if isinstance(swept, Constant) and not is_given:
        return
    if swept is not None and not isinstance(swept, Constant):
        raise config.source.error(
            config.path_of(TEST_KEY),
            f"{TEST_KEY} cannot be swept: it says what is measured, not what is trained",
        )
    if any(composition.settings.training.test for composition in combinations.compositions):
        raise UserError(
            f"{TEST_KEY}=true: every trial would read the test set, and the best of many readings is too "
            "good; `swatch best SWEEP --retrain` reads it once. If the trials are not chosen by it, "
            f"write `{TEST_KEY}: {{value: true}}` into the parameters of {config.source.name}"
        )


def _unlogged(config: SweepConfig, name: str, path: tuple[str | int, ...]) -> UserError:
    why = "training does not log it"
    if name.startswith("test/"):
        why = "training never looks at the test set"
    return config.source.error(
        (*path, "name"),
        f"'{name}' cannot be optimised: {why}.{did_you_mean(name, LOGGED_METRICS)} "
        f"It logs {', '.join(LOGGED_METRICS)}.",
    )


def _check_values(
    config: SweepConfig, combinations: Combinations, key: str, distribution: Distribution
) -> None:
    """Compose the config once with each value, or with some of a range."""
    path = config.path_of(key)
    if isinstance(distribution, Categorical):
        tried: list[tuple[tuple[str | int, ...], Any]] = [
            ((*path, "values", index), value) for index, value in enumerate(distribution.values)
        ]
    elif isinstance(distribution, Constant):
        tried = [((*path, "value"), distribution.value)]
    elif isinstance(distribution, Discrete) and distribution.bounded and distribution.size <= 3:
        tried = [(path, distribution.value_at(index)) for index in range(distribution.size)]
    else:
        tried = [(path, distribution.from_unit(unit)) for unit in _TRIED_QUANTILES]
    for place, value in tried:
        try:
            combinations.compose_with(key, override(key, value))
        except (UserError, ValueError) as error:
            raise config.source.error(place, str(error)) from None


def _unknown_key(
    config: SweepConfig, combinations: Combinations, key: str, distribution: Distribution
) -> UserError:
    path = config.path_of(key)
    group, _, name = key.partition(".")
    if combinations.varies(group) and not combinations.belongs_elsewhere(key):
        return config.source.error(path, f"unknown key '{key}'.{combinations.keys_hint(group, name)}")
    try:
        combinations.compose_with(key, override(key, distribution.from_unit(0.0)))
    except (UserError, ValueError) as error:
        return config.source.error(path, str(error))
    return config.source.error(path, "the composed config has no such key")
