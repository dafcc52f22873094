"""Making a sweep on W&B's server, or going on with one: everything is checked before anything starts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from swatch.errors import UserError
from swatch.files import make_folder, write_json, write_text
from swatch.sweep.config import METHODS, SweepConfig
from swatch.sweep.distributions import Constant
from swatch.sweep.home import LOGS_FOLDER, SWEEP_FILE, sweep_folder
from swatch.sweep.network import network
from swatch.sweep.network.network import CheckedNetwork
from swatch.sweep.records import SweepRecord
from swatch.sweep.wandb_engine import protocol
from swatch.sweep.wandb_engine.task import Task
from swatch.sweep.wandb_engine.trials import Trials
from swatch.tracking import registration
from swatch.tracking.graphql import ServerError
from swatch.tracking.mode import base_url, resolve_mode
from swatch.tracking.remote_sweep import RemoteSweep

REMOTE_FILE, TRIALS_FILE = "wandb.json", "trials.json"
DEFAULT_RETRIES, DEFAULT_MAX_CONSECUTIVE_FAILURES = 3, 5


@dataclass(frozen=True)
class ServerRequest:
    """What somebody asks for."""

    overrides: tuple[str, ...] = ()
    count: int | None = None
    tracking: str | None = None
    retries: int = DEFAULT_RETRIES
    max_consecutive_failures: int = DEFAULT_MAX_CONSECUTIVE_FAILURES


@dataclass
class OpenServerSweep:
    """A sweep of W&B's server that is ready to run here."""

    remote: RemoteSweep
    record: SweepRecord
    task: Task
    home: Path
    directory: Path
    trials: Trials
    agents: int | None
    """How many the config wants (``launcher.agents``)."""
    seed: int
    wanted: int | None
    """How many runs this folder shall have in all; None for as many as the server gives."""
    retries: int
    max_consecutive_failures: int
    goes_on: bool = False
    notices: list[str] = field(default_factory=list)
    """What is worth saying before it starts, one line each."""

    @property
    def logs(self) -> Path:
        """The folder of what the workers print."""
        return self.directory / LOGS_FOLDER

    def how_to_go_on(self) -> str:
        """Return the line that says how an interrupted sweep goes on."""
        over = sum(trial.state.is_over for trial in self.trials.records)
        line = (
            f"sweep {self.remote.path} goes on running on W&B's server; here {over} runs are done. Go on: "
            f"swatch sweep --engine wandb --resume {self.remote.path}"
        )
        # W&B's own agent knows nothing of the overrides.
        return line if self.record.overrides else f"{line} (or: wandb agent {self.remote.path})"


def open_sweep(text: str, source: str, request: ServerRequest) -> OpenServerSweep:
    """Check a sweep and register it with W&B's server, the YAML as it stands.

    Raises UserError for whatever the user must mend; then the server knows nothing of the sweep.
    """
    config, checked = _check(text, source, request)
    tracked = checked.options["tracking"]
    try:
        remote = registration.register(
            config.raw, entity=tracked["entity"], project=tracked["project"], name=None, custom=False
        )
    except ServerError as error:
        raise UserError(f"the sweep cannot be registered: {error}") from None
    directory = make_folder(sweep_folder(checked.home, remote.sweep_id))
    write_text(directory / SWEEP_FILE, text)
    # Another server may have given the same id.
    (directory / TRIALS_FILE).unlink(missing_ok=True)
    return _opened(remote, text, config, checked, request, directory)


def reopen_sweep(path: str, request: ServerRequest) -> OpenServerSweep:
    """Go on with a sweep that the server has, whoever registered it.

    The server does not know the overrides of the command line. Those of ``request`` count; if it has none,
    those that an earlier start has left in this folder do.

    Raises UserError for whatever the user must mend.
    """
    parts = path.split("/")
    if len(parts) != 3 or not all(parts):
        raise UserError(
            f"--resume {path}: with --engine wandb write ENTITY/PROJECT/ID, as the sweep's start has shown it"
        )
    remote = RemoteSweep(base_url(), *parts)
    _require_online(request)
    try:
        text = protocol.sweep_config(remote)
    except ServerError as error:
        raise UserError(f"--resume {path}: {error}") from None
    plain = network.home(request.overrides)
    known = _read(sweep_folder(plain, remote.sweep_id) / REMOTE_FILE)
    if not request.overrides and known.get("remote") == remote.as_dict():
        request = replace(request, overrides=tuple(known["overrides"]))
    config, checked = _check(text, f"sweep {path}", request)
    directory = make_folder(sweep_folder(checked.home, remote.sweep_id))
    opened = _opened(remote, text, config, checked, request, directory)
    opened.goes_on = True
    return opened


def _require_online(request: ServerRequest) -> None:
    mode = resolve_mode(request.tracking or "auto")
    if mode.name != "online":
        raise UserError(
            f"--engine wandb needs W&B's server, but {mode.reason}; without --engine the sweep runs here"
        )


def _check(text: str, source: str, request: ServerRequest) -> tuple[SweepConfig, CheckedNetwork]:
    _require_online(request)
    config = SweepConfig.from_yaml(text, source)
    if config.raw.get("method") not in METHODS:
        raise config.source.error(
            ("method",),
            "W&B's server searches by grid, random or bayes; without --engine we search ourselves",
        )
    if len(config.metrics) > 1:
        raise config.source.error(("metrics",), "W&B's server searches for one `metric`; ours takes more")
    checked = network.check(config, request.overrides, request.tracking)
    if (kind := network.launcher(request.overrides).get("kind", "local")) != "local":
        raise UserError(f"--engine wandb trains on this machine; launcher={kind} goes with our own engine")
    if checked.options["tracking"]["mode"] != "online":
        raise UserError(
            f"--engine wandb needs W&B's server, but tracking.mode is {checked.options['tracking']['mode']}"
        )
    given = {text.partition("=")[0].lstrip("+~") for text in request.overrides}
    for key, distribution in config.parameters.items():
        if key in given and not isinstance(distribution, Constant):
            raise config.source.error(
                config.path_of(key),
                f"W&B's server sweeps {key}, so the command line cannot fix it; take it out of the YAML",
            )
    network.check_data(config, checked.space, request.overrides)
    return config, checked


def _opened(
    remote: RemoteSweep,
    text: str,
    config: SweepConfig,
    checked: CheckedNetwork,
    request: ServerRequest,
    directory: Path,
) -> OpenServerSweep:
    write_json(directory / REMOTE_FILE, {"remote": remote.as_dict(), "overrides": list(request.overrides)})
    options = checked.options
    limits = [request.count or config.run_cap, checked.space.size if config.method == "grid" else None]
    count = min((limit for limit in limits if limit is not None), default=None)
    record = SweepRecord(
        id=remote.sweep_id,
        yaml=text,
        overrides=request.overrides,
        seed=0,
        method=config.method,
        metric=checked.metric,
        goal=checked.goal,
        count=count,
        state="running",
        created=datetime.now(UTC),
        parameters=config.raw["parameters"],
        options={registration.OPTION: [remote.as_dict()], **options},
    )
    task = Task(
        remote_sweep=remote,
        home=str(checked.home),
        before=(*_not_taken(options["base_overrides"], config.parameters), *request.overrides),
        after=tuple(options["watch_overrides"]),
        pinned=tuple(options["pinned"]),
        swept=tuple(checked.space.swept),
    )
    return OpenServerSweep(
        remote=remote,
        record=record,
        task=task,
        home=checked.home,
        directory=directory,
        trials=Trials(directory / TRIALS_FILE, checked.home, checked.metric, checked.goal),
        agents=options["agents"],
        seed=options["run_seed"],
        wanted=request.count,
        retries=request.retries,
        max_consecutive_failures=request.max_consecutive_failures,
        notices=[*config.notices, *checked.notices],
    )


def _not_taken(texts: Sequence[str], keys: Mapping[str, Any]) -> list[str]:
    """Return the overrides that the sweep has no parameter for."""
    return [text for text in texts if text.partition("=")[0] not in keys]


def _read(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
