"""Making a sweep, or finding the one to go on with: everything is checked here, before anything starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from swatch.errors import UserError
from swatch.files import make_folder, write_text
from swatch.sweep import network
from swatch.sweep.config import SweepConfig
from swatch.sweep.control import check_free
from swatch.sweep.finding import find_sweep
from swatch.sweep.home import SWEEP_FILE, default_home, storage_of, sweep_folder
from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.database import parse_url
from swatch.sweep.ledger.reading import DEFAULT_RETRIES
from swatch.sweep.names import check_name, identity, sweep_base
from swatch.sweep.records import SweepRecord
from swatch.sweep.restored import RestoredSweep, store_conditions
from swatch.sweep.space import SearchSpace

DEFAULT_MAX_CONSECUTIVE_FAILURES = 5
DEFAULT_PROJECT = "swatch"
"""The wandb project of a function's sweep whose YAML names none."""


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


@dataclass
class OpenSweep:
    """A sweep that is ready to run."""

    ledger: Ledger
    restored: RestoredSweep
    directory: Path
    home: Path
    goes_on: bool
    """Whether it had been started before."""
    notices: list[str] = field(default_factory=list)
    """What is worth saying before it starts, one line each."""

    @property
    def sweep(self) -> SweepRecord:
        """The sweep's record when it was opened."""
        return self.restored.sweep


def open_sweep(request: SweepRequest) -> OpenSweep:
    """Check everything, then make the sweep or find the unfinished one of the same name or making.

    Raises UserError for whatever the user must mend; then nothing has been written.
    """
    config = SweepConfig.from_yaml(request.text, request.source)
    if request.function is not None and request.overrides:
        raise UserError(
            f"'{request.overrides[0]}': Hydra overrides belong to the network's config; a function "
            "takes its parameters from the sweep YAML."
        )
    if request.name is not None:
        check_name(request.name)
    if request.storage is not None:
        parse_url(request.storage)
    prepared = _prepare(request, config)
    made_from = identity(config.raw, request.overrides, request.seed, request.function)
    home = prepared.home
    title = config.name or request.title or Path(request.source).stem
    base = request.name or sweep_base(title, made_from)
    own_id, exists = find_sweep(home, base, made_from, request.storage)
    options = _options(request, prepared)
    if exists:
        return _go_on(own_id, home, request.storage, options, request.count, prepared.notices)
    record = SweepRecord(
        id=own_id,
        yaml=request.text,
        overrides=request.overrides,
        seed=request.seed,
        method=config.method,
        metric=prepared.metric,
        goal=prepared.goal,
        count=_count(request.count, config, prepared.space),
        state="waiting",
        created=datetime.now(UTC),
        function=request.function,
        parameters=config.raw["parameters"],
        options={
            "retries": DEFAULT_RETRIES,
            "max_consecutive_failures": DEFAULT_MAX_CONSECUTIVE_FAILURES,
            "conditions": store_conditions(prepared.space.conditions),
            **options,
        },
    )
    directory = make_folder(sweep_folder(home, own_id))
    write_text(directory / SWEEP_FILE, request.text)
    restored = RestoredSweep.of(record)
    ledger = Ledger(storage_of(home, own_id, request.storage), create=True, axes=restored.axes)
    ledger.create_sweep(record, identity=made_from)
    return OpenSweep(ledger, restored, directory, home, goes_on=False, notices=prepared.notices)


def reopen_sweep(
    wanted: str,
    *,
    storage: str | None = None,
    home: Path | None = None,
    count: int | None = None,
    tracking: str | None = None,
    retries: int | None = None,
    max_consecutive_failures: int | None = None,
) -> OpenSweep:
    """Open a sweep by its id to go on with it. Raises UserError if there is none, with the nearest id."""
    home = home or default_home()
    ledger = Ledger(storage_of(home, wanted, storage, must_exist=True))
    sweep = ledger.sweep(wanted)
    ledger.close()
    request = SweepRequest(
        text=sweep.yaml,
        source=f"sweep {wanted}",
        overrides=sweep.overrides,
        function=sweep.function,
        seed=sweep.seed,
        tracking=tracking,
        home=home if sweep.function is not None else None,
        retries=retries,
        max_consecutive_failures=max_consecutive_failures,
    )
    prepared = _prepare(request, SweepConfig.from_yaml(sweep.yaml, request.source))
    options = _options(request, prepared)
    return _go_on(wanted, home, storage, options, count, prepared.notices)


@dataclass(frozen=True)
class Prepared:
    """What the check of a sweep found out."""

    space: SearchSpace
    metric: str
    goal: str
    home: Path
    options: dict[str, Any]
    notices: list[str]


def _prepare(request: SweepRequest, config: SweepConfig) -> Prepared:
    if request.function is None:
        checked = network.check(config, request.overrides, request.tracking)
        network.check_data(config, checked.space, request.overrides)
        return Prepared(
            checked.space,
            checked.metric,
            checked.goal,
            checked.home,
            checked.options,
            [*config.notices, *checked.notices],
        )
    from swatch.sweep.function import load_function, takes_trial
    from swatch.tracking.mode import resolve_mode

    if config.metric is None:
        raise config.source.error(
            (), "a sweep of a function needs a metric, such as `metric: {name: accuracy, goal: maximize}`"
        )
    if request.function.startswith("<") and request.train is None:
        raise UserError(
            f"{request.source} is over {request.function}, a function that only its own program has; "
            "call that program's swatch.sweep.run again."
        )
    takes_trial(request.train or load_function(request.function))
    requested = request.tracking or "auto"
    mode = resolve_mode(requested)
    tracking = {"mode": mode.name, "project": config.project or DEFAULT_PROJECT, "entity": config.entity}
    notices = [*config.notices, *network.tracking_notice(requested, mode)]
    home = (request.home or default_home()).absolute()
    return Prepared(
        config.space, config.metric.name, config.metric.goal, home, {"tracking": tracking}, notices
    )


def _options(request: SweepRequest, prepared: Prepared) -> dict[str, Any]:
    """Return the options of this start; a later start may change them."""
    given = {"retries": request.retries, "max_consecutive_failures": request.max_consecutive_failures}
    return {**{key: value for key, value in given.items() if value is not None}, **prepared.options}


def _count(wanted: int | None, config: SweepConfig, space: SearchSpace) -> int | None:
    """Return how many trials there will be: asked for, or the YAML's, and no more than there are points."""
    limits = [wanted if wanted is not None else config.run_cap, space.size]
    known = [limit for limit in limits if limit is not None]
    return min(known) if known else None


def _go_on(
    wanted: str,
    home: Path,
    storage: str | None,
    options: dict[str, Any],
    count: int | None,
    notices: list[str],
) -> OpenSweep:
    ledger = Ledger(storage_of(home, wanted, storage, must_exist=True))
    check_free(ledger, wanted)
    ledger.update_sweep(wanted, options=options, count=count)
    sweep = ledger.sweep(wanted)
    ledger.close()
    restored = RestoredSweep.of(sweep)
    ledger = Ledger(ledger.url, axes=restored.axes)
    directory = make_folder(sweep_folder(home, wanted))
    return OpenSweep(ledger, restored, directory, home, goes_on=True, notices=notices)
