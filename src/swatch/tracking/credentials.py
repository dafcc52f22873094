"""The user's W&B credentials, found where wandb finds them. They go to the server and nowhere else."""

from __future__ import annotations

import netrc
import os
from pathlib import Path
from urllib.parse import urlsplit

# The public server has two names, and `wandb login` may have stored the key under either.
_PUBLIC_HOSTS = ("api.wandb.ai", "api.forge.coreweave.com")


def find_key(host: str) -> str | None:
    """Return the API key for the server at ``host``: ``WANDB_API_KEY``, else the entry of the netrc file.

    Returns None if there is none.
    """
    key = os.environ.get("WANDB_API_KEY")
    if key:
        return key
    path = Path(os.environ.get("NETRC") or "~/.netrc").expanduser()
    if not os.environ.get("NETRC") and not path.exists():
        path = Path("~/_netrc").expanduser()
    try:
        entries = netrc.netrc(path)
    except (OSError, netrc.NetrcParseError):
        return None
    name = urlsplit(host).netloc
    for known in (name, *(_PUBLIC_HOSTS if name in _PUBLIC_HOSTS else ())):
        entry = entries.authenticators(known)
        if entry and entry[2]:
            return entry[2]
    return None


def find_identity_token() -> str | None:
    """Return the token in ``WANDB_IDENTITY_TOKEN_FILE``; a server gives a short-lived key in exchange.

    Returns None if the variable is not set or the file cannot be read.
    """
    path = os.environ.get("WANDB_IDENTITY_TOKEN_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text().strip() or None
    except (OSError, UnicodeDecodeError):
        return None
