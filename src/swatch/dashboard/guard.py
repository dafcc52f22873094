"""What keeps other web sites away from the dashboard, and the dashboard away from other addresses."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost")
_ANY = ("0.0.0.0", "::")


def allowed_hosts(host: str, more: Sequence[str] = ()) -> list[str]:
    """Return the names by which a browser may ask for the dashboard.

    A web site can make its own name point to 127.0.0.1 (DNS rebinding) and then read what is served here; the
    browser still sends that name along, and it is none of these.
    """
    own = [host]
    if host in _ANY:
        own = [socket.gethostname(), socket.getfqdn()]
        own += _addresses(socket.gethostname())
    return list(dict.fromkeys([*LOOPBACK, *own, *more]))


def policy(nonce: str) -> str:
    """Return the content security policy of the dashboard's pages: their own scripts, no other address.

    Plotly compiles the drawing code of parallel coordinates at run time, which needs ``unsafe-eval``; style
    attributes need ``unsafe-inline`` for styles.
    """
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


# A page that was written to disk has its scripts inside. In a sandbox it is no part of the dashboard: it can
# neither ask the server for anything nor be taken for it.
STORED_PAGE_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'none'"
)


class SafeHeaders:
    """Adds the headers that every answer has, where the answer does not have its own."""

    def __init__(self, app: ASGIApp, nonce: str) -> None:
        self.app = app
        self.headers = {
            b"content-security-policy": policy(nonce).encode(),
            b"x-content-type-options": b"nosniff",
            b"referrer-policy": b"no-referrer",
            b"cross-origin-resource-policy": b"same-origin",
            b"cross-origin-opener-policy": b"same-origin",
            b"cache-control": b"no-store",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                more = [(name, text) for name, text in self.headers.items() if name not in present]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.app(scope, receive, send_safely)


def _addresses(name: str) -> list[str]:
    try:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(name, None)]
    except OSError:
        return []
