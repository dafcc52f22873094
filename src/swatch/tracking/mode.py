"""Where wandb's data goes: to its server, to the disk, or nowhere."""

from __future__ import annotations

import configparser
import functools
import os
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from swatch.errors import UserError, did_you_mean
from swatch.tracking.credentials import find_key

MODES = ("auto", "online", "offline", "disabled")
# The default of the client, which is slow to import; https://api.wandb.ai by another name.
DEFAULT_BASE_URL = "https://api.forge.coreweave.com"
ANSWER_SECONDS = 2.0


@dataclass(frozen=True)
class Mode:
    """The decision, and why."""

    name: str
    """``"online"``, ``"offline"`` or ``"disabled"``."""
    reason: str


def resolve_mode(requested: str, *, timeout: float = ANSWER_SECONDS, required: bool = True) -> Mode:
    """Decide between online, offline and disabled.

    ``auto`` follows ``WANDB_MODE`` if that is set; else it is online if a key is configured and the server
    answers within ``timeout`` seconds, and offline otherwise. ``online`` asks nobody: a run whose server is
    down is trained like any other and sent later.

    Args:
        requested: One of ``MODES``.
        timeout: Seconds that the server has to answer.
        required: Whether a missing key ends the command. A trial of a sweep, whose mode was decided when
            the sweep began, goes on offline on a machine that has none.

    Raises:
        UserError: An unknown mode; or ``online`` is required and no key is configured.
    """
    if requested not in MODES:
        raise UserError(
            f"tracking.mode is '{requested}'; it must be one of {', '.join(MODES)}."
            + did_you_mean(requested, MODES)
        )
    environment, asked_by = os.environ.get("WANDB_MODE", ""), "tracking.mode"
    if requested == "auto" and environment in MODES[1:]:
        requested, asked_by = environment, "WANDB_MODE"
    if requested in ("offline", "disabled"):
        return Mode(requested, f"{asked_by} is {requested}")
    host = base_url()
    if not has_key(host):
        problem = f"no API key is configured for {host}"
        if requested == "online" and required:
            raise UserError(
                f"{asked_by} is online, but {problem}; set WANDB_API_KEY or run `wandb login`, "
                "or use tracking.mode=offline"
            )
        return Mode("offline", problem)
    if requested == "online":
        return Mode("online", f"{asked_by} is online")
    answers = _answers(host, timeout)
    return Mode("online", f"{host} answers") if answers else Mode("offline", f"{host} does not answer")


def base_url() -> str:
    """Return the server's address: ``WANDB_BASE_URL``, else wandb's settings file, else the public one."""
    configured = os.environ.get("WANDB_BASE_URL")
    if not configured:
        folder = os.environ.get("WANDB_CONFIG_DIR") or Path("~/.config/wandb").expanduser()
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(Path(folder) / "settings")
            configured = parser.get("default", "base_url", fallback=None)
        except (configparser.Error, OSError, UnicodeDecodeError):
            configured = None
    return (configured or DEFAULT_BASE_URL).rstrip("/")


def has_key(host: str) -> bool:
    """Whether wandb will find credentials for ``host``."""
    return bool(os.environ.get("WANDB_IDENTITY_TOKEN_FILE")) or find_key(host) is not None


@functools.lru_cache(maxsize=8)
def _answers(host: str, timeout: float) -> bool:
    """Whether any HTTP answer comes in time; asked once a process, so that later trials do not wait."""
    answered = threading.Event()

    def ask() -> None:
        try:
            with urllib.request.urlopen(f"{host}/healthz", timeout=timeout):
                answered.set()
        except urllib.error.HTTPError:
            answered.set()
        except (OSError, ValueError):
            pass
        finally:
            done.set()

    done = threading.Event()
    # A thread, because the look-up of a name takes no timeout.
    threading.Thread(target=ask, name="wandb-server-check", daemon=True).start()
    done.wait(timeout)
    return answered.is_set()
