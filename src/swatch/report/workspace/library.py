"""W&B's library for workspaces, which is an extra, and its errors as lines for people."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swatch.errors import UserError

EXTRA = "pip install 'swatch[workspace]'"
# The library asks through wandb's client, which tries a refused request again for many minutes.
_RETRIES, _REQUEST_SECONDS = 2, 10


@dataclass(frozen=True)
class Library:
    """The two modules of ``wandb-workspaces``."""

    workspaces: Any
    reports: Any


def load_library() -> Library:
    """Import the library. Raises UserError that says how to install it."""
    try:
        return Library(
            importlib.import_module("wandb_workspaces.workspaces"),
            importlib.import_module("wandb_workspaces.reports.v2"),
        )
    except ImportError as error:
        missing = (error.name or "").partition(".")[0] == "wandb_workspaces"
        what = "is not installed" if missing else f"cannot be imported ({error})"
        raise UserError(
            f"`swatch workspace` uses W&B's library wandb-workspaces, which {what}: {EXTRA}"
        ) from None


@contextmanager
def talking(host: str) -> Iterator[None]:
    """Let the library ask the server: silently, with an end, and its errors as one line.

    Raises:
        UserError: The server or the library refused; the line has their words.
    """
    import wandb

    from swatch.tracking.wandb_process import end_service, inside, one_line

    with ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="swatch-workspace-", ignore_cleanup_errors=True)
        )
        stack.enter_context(inside(Path(folder)))
        # A service that is running already has other settings.
        end_service()
        stack.callback(end_service)
        try:
            wandb.setup(
                settings=wandb.Settings(
                    silent=True,
                    x_graphql_retry_max=_RETRIES,
                    x_graphql_timeout_seconds=_REQUEST_SECONDS,
                )
            )
            yield
        except UserError:
            raise
        except Exception as error:  # noqa: BLE001 - the library passes on whatever wandb and pydantic raise
            raise UserError(f"the workspace was not saved at {host}: {one_line(error)}") from None
