"""Checking what somebody asks for, before anything starts or is written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from swatch.errors import UserError
from swatch.sweep.config import SweepConfig
from swatch.sweep.home import default_home
from swatch.sweep.launchers import check_launcher, is_of_launcher
from swatch.sweep.ledger.database import parse_url
from swatch.sweep.ledger.reading import DEFAULT_RETRIES
from swatch.sweep.names import check_name, identity, sweep_base
from swatch.sweep.network import network
from swatch.sweep.opening.search_options import SearchOptions
from swatch.sweep.records import SweepRecord, SweepState
from swatch.sweep.restored import store_conditions
from swatch.sweep.search.searching import Search
from swatch.sweep.space.search_space import SearchSpace

DEFAULT_MAX_CONSECUTIVE_FAILURES = 5
DEFAULT_PROJECT = "swatch"
"""The wandb project of a function's sweep whose YAML names none."""
TRACKING_ASKED = "tracking_asked"
"""The sweep's option that keeps what ``--tracking`` said, for ``--resume``; None if nothing."""


@dataclass(frozen=True)
class SweepRequest:
    """What somebody asks for, on the command line or in Python."""

    text: str
    """The sweep YAML."""
    source: str
    """Names the YAML in messages: its path."""
    overrides: tuple[str, ...] = ()
    function: str | None = None
    """``module:name`` or ``file.py:name``; None for the network."""
    seed: int = 0
    count: int | None = None
    name: str | None = None
    storage: str | None = None
    tracking: str | None = None
    title: str | None = None
    """What the id is made of if the YAML has no name; its file's name unless given."""
    train: Any = None
    """The function itself, where it is at hand; ``function`` then only names it."""
    home: Path | None = None
    retries: int | None = None
    max_consecutive_failures: int | None = None
    repeats: int = 1
    """How many seeds each configuration is trained with."""
    searching: SearchOptions = field(default_factory=SearchOptions)
    """How it searches and stops, where not as the YAML says."""


@dataclass(frozen=True)
class Prepared:
    """What the check of a request found out."""

    request: SweepRequest
    config: SweepConfig
    space: SearchSpace
    metric: str
    goal: str
    home: Path
    made_from: str
    """The hash of what the sweep is made from."""
    base: str
    """The sweep's id, if no earlier one has it."""
    options: dict[str, Any]
    """Those of this start; a later start may change them."""
    notices: list[str]
    search: Search

    @property
    def count(self) -> int | None:
        """How many trials there will be: asked for, or the YAML's, and no more than there are points."""
        return self.limited(self.request.count if self.request.count is not None else self.config.run_cap)

    def limited(self, wanted: int | None) -> int | None:
        """Return ``wanted``, or the number of points if that is less."""
        known = [limit for limit in (wanted, self.space.size) if limit is not None]
        return min(known) if known else None

    def record(self, sweep_id: str) -> SweepRecord:
        """Return a new sweep."""
        return SweepRecord(
            id=sweep_id,
            yaml=self.request.text,
            overrides=self.request.overrides,
            seed=self.request.seed,
            method=self.search.method,
            metric=self.metric,
            goal=self.goal,
            count=self.count,
            state=SweepState.WAITING,
            created=datetime.now(UTC),
            function=self.request.function,
            parameters=self.config.raw["parameters"],
            repeats=self.request.repeats,
            options={
                "retries": DEFAULT_RETRIES,
                "max_consecutive_failures": DEFAULT_MAX_CONSECUTIVE_FAILURES,
                **self.options,
            },
        )


def prepare(request: SweepRequest, *, fetch: bool = True) -> Prepared:
    """Check a request whole.

    ``fetch`` gets the data that the trials need; without it nothing is written at all. Raises UserError for
    whatever the user must mend.
    """
    config = SweepConfig.from_yaml(request.text, request.source)
    others = [text for text in request.overrides if not is_of_launcher(text)]
    if request.function is not None and others:
        key, _, value = others[0].partition("=")
        instead = f" For this one there is --tracking {value}." if key == "tracking.mode" else ""
        raise UserError(
            f"'{others[0]}': Hydra overrides belong to the network's config; a function "
            f"takes its parameters from the sweep YAML.{instead}"
        )
    if request.name is not None:
        check_name(request.name)
    if request.storage is not None:
        parse_url(request.storage)
    # A function's sweep has nothing to do with our config unless it asks for a launcher.
    has_config = request.function is None or bool(request.overrides)
    launcher = network.launcher(request.overrides) if has_config else {}
    agents = network.agents_of(launcher)
    check_launcher(launcher, request.storage)
    # What trains has nothing to do with where; on another host there may be no such launcher.
    where = [text for text in request.overrides if is_of_launcher(text)]
    request = replace(request, overrides=tuple(others))
    if request.repeats > 1 and "seed" in config.space.swept:
        raise config.source.error(
            config.path_of("seed"),
            f"the seed is swept, and --repeats {request.repeats} gives every configuration seeds of its own; "
            "leave out one of the two",
        )
    space, metric, goal, home, options, notices = (
        _of_network(request, config, fetch) if request.function is None else _of_function(request, config)
    )
    given = {"retries": request.retries, "max_consecutive_failures": request.max_consecutive_failures}
    options |= {key: value for key, value in given.items() if value is not None}
    options |= {"conditions": store_conditions(space.conditions), "linked": sorted(space.linked)}
    searching = request.searching.check(
        config, space, metric=metric, goal=goal, seed=request.seed, home=home, storage=request.storage
    )
    options |= searching.options
    options |= {"launcher": launcher, "launcher_overrides": where, "agents": agents}
    options |= {TRACKING_ASKED: request.tracking}
    # Another sampler makes another sweep; other stopping rules, known points and launchers do not.
    raw = {**config.raw, "sampler": request.searching.sampler} if request.searching.sampler else config.raw
    made_from = identity(raw, request.overrides, request.seed, request.function, request.repeats)
    title = config.name or request.title or Path(request.source).stem
    return Prepared(
        request=request,
        config=config,
        space=space,
        metric=metric,
        goal=goal,
        home=home,
        made_from=made_from,
        base=request.name or sweep_base(title, made_from),
        options=options,
        notices=[*notices, *searching.notices],
        search=searching.search,
    )


Found = tuple[SearchSpace, str, str, Path, dict[str, Any], list[str]]


def _of_network(request: SweepRequest, config: SweepConfig, fetch: bool) -> Found:
    checked = network.check(config, request.overrides, request.tracking)
    network.check_data(config, checked.space, request.overrides, fetch=fetch)
    notices = [*config.notices, *checked.notices]
    return checked.space, checked.metric, checked.goal, checked.home, dict(checked.options), notices


def _of_function(request: SweepRequest, config: SweepConfig) -> Found:
    from swatch.sweep.agent.loading import load_function, takes_trial
    from swatch.tracking.mode import resolve_mode

    assert request.function is not None
    if config.metric is None:
        raise config.source.error(
            (), "a sweep of a function needs a metric, such as `metric: {name: accuracy, goal: maximize}`"
        )
    if request.function.startswith("<") and request.train is None:
        raise UserError(
            f"{request.source} is over {request.function}, a function that only its own program has; "
            "call that program's swatch.sweep.run again."
        )
    knows_seed = takes_trial(request.train or load_function(request.function)) or "seed" in config.parameters
    requested = request.tracking or "auto"
    mode = resolve_mode(requested)
    tracking = {"mode": mode.name, "project": config.project or DEFAULT_PROJECT, "entity": config.entity}
    notices = [*config.notices, *network.tracking_notice(requested, mode)]
    if request.repeats > 1 and not knows_seed:
        notices.append(
            f"repeats={request.repeats}: the function is not told its seed; let it take (parameters, trial) "
            "and use trial.seed, or give the sweep a parameter `seed: {value: 0}`"
        )
    home = (request.home or default_home()).absolute()
    return config.space, config.metric.name, config.metric.goal, home, {"tracking": tracking}, notices
