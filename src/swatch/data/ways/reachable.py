"""Asking web addresses whether they answer, all at once and within a fixed time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence

_SIGNS = {
    "NameResolutionError": "cannot be resolved to an address",
    "Connection refused": "refused the connection",
    "Network is unreachable": "has no network to it",
    "No route to host": "has no route to it",
    "CERTIFICATE_VERIFY_FAILED": "shows a TLS certificate that is not trusted here",
    "Tunnel connection failed": "is refused by the proxy",
    "Cannot connect to proxy": "is behind a proxy that does not answer",
    "Connection reset": "reset the connection",
    "RemoteDisconnected": "closed the connection",
    "IncompleteRead": "broke off the transfer",
    "timed out": "did not answer in time",
}


def ask(urls: Sequence[str], patience: float) -> list[str | None]:
    """Ask every URL at the same time for its first byte.

    Args:
        urls: what to ask for.
        patience: seconds after which this returns, whatever hangs.

    Returns:
        For each URL None if it answered well, else the reason, such as "refused the connection".
    """
    answers: queue.Queue[tuple[int, str | None]] = queue.Queue()

    def put_answer(index: int, url: str) -> None:
        answers.put((index, _answer(url, patience)))

    for index, url in enumerate(urls):
        # Threads, because a name server that does not answer cannot be interrupted; daemons, because those do
        # not keep the process from ending.
        threading.Thread(target=put_answer, args=(index, url), daemon=True).start()
    reasons: list[str | None] = [f"did not answer within {patience:g} s"] * len(urls)
    deadline = time.monotonic() + patience
    for _ in urls:
        try:
            index, reason = answers.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            break
        reasons[index] = reason
    return reasons


def _answer(url: str, patience: float) -> str | None:
    import requests

    try:
        with requests.get(url, stream=True, timeout=patience) as response:
            response.raise_for_status()
            next(response.iter_content(1), None)
    except (requests.RequestException, ValueError) as error:
        return explain(error)
    return None


def explain(error: Exception) -> str:
    """Say in a few words what requests says in many."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"answered with HTTP status {error.response.status_code}"
    text = str(error)
    for sign, words in _SIGNS.items():
        if sign in text:
            return words
    return f"failed ({type(error).__name__}: {' '.join(text.split())[:120]})"
