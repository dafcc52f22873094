"""Serving the dashboard until Ctrl-C."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from swatch.errors import UserError

if TYPE_CHECKING:
    from starlette.applications import Starlette

DEFAULT_PORT = 8484
_TRIED = 50


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 takes any that is free.

    Raises:
        UserError: the port is in use (with a free one), or the address is none of this machine's.
    """
    try:
        return _bound(host, port)
    except PermissionError:
        raise UserError(f"port {port} may not be used by you; choose one above 1023 with --port") from None
    except OverflowError:
        raise UserError(f"--port must be from 0 to 65535, not {port}") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            free = _free_port(host, port)
            raise UserError(
                f"port {port} on {host} is in use, perhaps by another dashboard; --port {free} is free"
            ) from None
        raise UserError(f"--host {host} is no address of this machine: {error.strerror or error}") from None


def serve(app: Starlette, sock: socket.socket, when_ready: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM, which end the process at once."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            when_ready()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            # The dashboard only reads: there is nothing to bring to an end, and a page that is being made in
            # another thread is not waited for.
            sys.stdout.flush()
            os._exit(0)

    config = uvicorn.Config(app, log_level="critical", access_log=False, server_header=False, lifespan="off")
    Server(config).run(sockets=[sock])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    try:
        # Only what is left of an ended server is ignored; a port that is listened on stays taken.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(128)
    except BaseException:
        sock.close()
        raise
    return sock


def _free_port(host: str, port: int) -> int:
    for candidate in [*range(port + 1, min(port + _TRIED, 65536)), 0]:
        try:
            with _bound(host, candidate) as sock:
                return int(sock.getsockname()[1])
        except OSError:
            continue
    return 0
