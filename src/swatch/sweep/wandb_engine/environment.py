"""What ``wandb agent`` tells a sweep's program besides its command line: by variables and a file."""

from __future__ import annotations

import configparser
import locale
import os
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from swatch.tracking.mode import base_url
from swatch.tracking.remote_sweep import RemoteSweep

SWEEP_ID, RUN_ID, PARAMETERS = "WANDB_SWEEP_ID", "WANDB_RUN_ID", "WANDB_SWEEP_PARAM_PATH"
TRANSMIT_INTERVAL = "WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL"
TRANSMIT_SECONDS = "1"
"""How often wandb sends what was logged. By default some 15 s pass, in which the server's early stopping
would judge by old news, and a short run would be over before it is stopped."""
_NO_PROJECT = "uncategorized"


@dataclass(frozen=True)
class AgentEnvironment:
    """The run that an agent has started this process for."""

    run_id: str | None
    remote_sweep: RemoteSweep
    """``entity`` is empty where the agent leaves it to the key's default."""
    values: dict[str, Any] | None
    """Parameter to typed value; None if the agent left no file."""


def take(environment: MutableMapping[str, str] | None = None) -> AgentEnvironment | None:
    """Return what the agent says, and remove it from the environment; None if no agent says anything.

    It must be gone before wandb starts. There it would make the project and the id that we give to
    ``wandb.init`` count for nothing, and put the parameters into the run's config a second time, under
    dotted keys and locked.
    """
    environment = os.environ if environment is None else environment
    sweep_id = environment.pop(SWEEP_ID, None)
    run_id, parameters = environment.pop(RUN_ID, None), environment.pop(PARAMETERS, None)
    if not sweep_id:
        return None
    environment.setdefault(TRANSMIT_INTERVAL, TRANSMIT_SECONDS)
    entity, project = environment.get("WANDB_ENTITY"), environment.get("WANDB_PROJECT")
    if not entity or not project:
        # `wandb agent` by the bare id; it found the rest in wandb's settings, and so do we.
        entity, project = entity or _configured("entity"), project or _configured("project")
    remote = RemoteSweep(base_url(), entity or "", project or _NO_PROJECT, sweep_id)
    return AgentEnvironment(run_id or None, remote, _read(Path(parameters)) if parameters else None)


def _configured(key: str) -> str | None:
    """Return a value of wandb's settings files, the nearest first."""
    user = Path(os.environ.get("WANDB_CONFIG_DIR") or "~/.config/wandb").expanduser()
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read([user / "settings", Path("wandb") / "settings"])
        return parser.get("default", key, fallback=None)
    except (configparser.Error, UnicodeDecodeError):
        return None


def _read(path: Path) -> dict[str, Any] | None:
    """Return the parameters in an agent's file, or None if it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    for encoding in (
        "utf-8",
        locale.getpreferredencoding(do_setlocale=False),
    ):  # The agent's is its locale's.
        try:
            entries = yaml.safe_load(content.decode(encoding))
        except (UnicodeDecodeError, yaml.YAMLError):
            continue
        if isinstance(entries, dict):
            return {
                str(key): entry["value"]
                for key, entry in entries.items()
                if isinstance(entry, dict) and "value" in entry
            }
    return None
