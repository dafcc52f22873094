"""Asking a W&B server one GraphQL question, quietly and within a stated time.

wandb's own client does this through a background service that takes seconds to start, tries a refused
request again for minutes and changes the process's environment: too much for a question in passing.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from swatch.tracking.credentials import find_identity_token, find_key

_MOST_BYTES = 1 << 24
_LONGEST_REASON = 300


class ServerError(Exception):
    """A W&B server did not do what it was asked; the text is one line for people, without the key."""


class NoKey(ServerError):  # noqa: N818 - says what is missing
    """No API key is configured for the server."""


class NoAnswer(ServerError):  # noqa: N818 - says what is missing
    """The server cannot be reached, or was silent for too long; it may yet have done what it was asked."""


class Refused(ServerError):  # noqa: N818 - says what happened
    """The server answered with an error."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status
        """The HTTP status; 200 for an error of GraphQL's own."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Another host must not get the key."""

    def redirect_request(self, *_: Any) -> None:
        return None


def ask(host: str, query: str, variables: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
    """Return the ``data`` of the answer to a GraphQL request.

    Args:
        host: The server's address, as ``WANDB_BASE_URL`` has it.
        query: The document, with one operation.
        variables: Plain values.
        seconds: How long the answer may take in all.

    Raises:
        NoKey: No API key is configured.
        NoAnswer: The server cannot be reached or does not answer in time.
        Refused: It answers with an error.
    """
    secret = find_key(host) or find_identity_token()
    if secret is None:
        raise NoKey(f"no API key is configured for {host}; set WANDB_API_KEY or run `wandb login`")
    body = json.dumps({"query": query, "variables": variables}).encode()
    done: list[dict[str, Any] | ServerError] = []

    def work() -> None:
        try:
            # Twice as long, so that it is the limit below that ends a silence.
            done.append(_ask(host.rstrip("/"), body, 2 * seconds))
        except ServerError as error:
            done.append(error)
        except Exception as error:  # noqa: BLE001 - whatever the libraries below raise is a missing answer
            done.append(NoAnswer(f"{host} does not answer: {_reason(error)}"))

    # A thread, because a time limit of sockets covers neither the look-up of a name nor a slow trickle.
    thread = threading.Thread(target=work, name="wandb-request", daemon=True)
    thread.start()
    thread.join(seconds)
    if not done:
        raise NoAnswer(f"{host} has not answered for {seconds:g} seconds")
    answer = done[0]
    if isinstance(answer, ServerError):
        answer.args = (_one_line(str(answer), secret),)
        raise answer
    return answer


def _ask(host: str, body: bytes, seconds: float) -> dict[str, Any]:
    status, text = _post(f"{host}/graphql", body, "application/json", _authorization(host, seconds), seconds)
    try:
        answer = json.loads(text)
        data = answer.get("data")
        errors = answer.get("errors")
    except (ValueError, AttributeError):
        raise Refused(f"{host} answered with something that is not GraphQL's JSON", status) from None
    if errors or not isinstance(data, dict):
        raise Refused(_refusal(host, status, text), status)
    return data


def _authorization(host: str, seconds: float) -> str:
    """Return the header that says who asks, as wandb's client does it."""
    key, token = find_key(host), find_identity_token()
    if key is not None or token is None:
        return f"Basic {base64.b64encode(f'api:{key}'.encode()).decode()}"
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": token}
    form = urllib.parse.urlencode(grant, safe=":").encode()
    status, text = _post(f"{host}/oidc/token", form, "application/x-www-form-urlencoded", None, seconds)
    try:
        return f"Bearer {json.loads(text)['access_token']}"
    except (ValueError, KeyError, TypeError):
        raise Refused(f"{host} gave no key for the token in WANDB_IDENTITY_TOKEN_FILE", status) from None


def _post(url: str, body: bytes, kind: str, authorization: str | None, seconds: float) -> tuple[int, bytes]:
    """Return status and body of an answer that is no error."""
    request = urllib.request.Request(url, body)
    request.add_header("Content-Type", kind)
    request.add_header("User-Agent", "swatch")
    if authorization is not None:
        request.add_unredirected_header("Authorization", authorization)
    try:
        with _opener().open(request, timeout=seconds) as response:
            return response.status, response.read(_MOST_BYTES)
    except urllib.error.HTTPError as error:
        host = url.rpartition("/")[0].removesuffix("/oidc")
        with error:
            raise Refused(_refusal(host, error.code, error.read(_MOST_BYTES)), error.code) from None


def _opener() -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
    if os.environ.get("WANDB_INSECURE_DISABLE_SSL", "").lower() in ("1", "true"):
        unchecked = ssl.create_default_context()
        unchecked.check_hostname = False
        unchecked.verify_mode = ssl.CERT_NONE
        handlers.append(urllib.request.HTTPSHandler(context=unchecked))
    return urllib.request.build_opener(*handlers)


def _refusal(host: str, status: int, text: bytes) -> str:
    """Return ``host refuses (HTTP 403: message)``."""
    messages = _messages(text)
    code = "" if status == 200 else f"HTTP {status}"
    if not messages and status != 200:
        messages = [http.client.responses.get(status, "")]
    return f"{host} refuses ({': '.join(part for part in (code, *messages) if part)})"


def _messages(text: bytes) -> list[str]:
    """Return what the body of an error says: GraphQL's ``errors``, or a single ``error``."""
    try:
        answer = json.loads(text)
    except ValueError:
        return []
    if not isinstance(answer, dict):
        return []
    errors = answer.get("errors") or answer.get("error") or []
    entries = errors if isinstance(errors, list) else [errors]
    found = [entry.get("message") if isinstance(entry, dict) else entry for entry in entries]
    return [str(message) for message in found if message]


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", error)
    return getattr(inner, "strerror", None) or str(inner) or type(error).__name__


def _one_line(text: str, secret: str) -> str:
    return " ".join(text.replace(secret, "***").split())[:_LONGEST_REASON]
