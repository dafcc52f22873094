"""Downloading the gzipped IDX files from web mirrors.

A machine without a network must not make its user wait: all mirrors are asked for a small answer at once, and
one that has not given it within ``patience`` seconds is not asked again.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from swatch.data.idx import IdxError
from swatch.data.integrity import IdxFile, verify
from swatch.data.progress import Progress
from swatch.data.ways.reachable import ask, explain
from swatch.data.ways.way import Unavailable

_RETRIES = 2
_BLOCK = 4096
_POLL = 0.1
_SILENCE = 4.0  # seconds without a byte after which a mirror is given up
_SLOWEST = 1000  # bytes per second, below which it is given up too


class Mirrors:
    """Web addresses that each hold the files of a data set, gzipped.

    Args:
        addresses: tried in this order.
        patience: seconds in which a mirror must answer; all are asked at the same time.
    """

    name = "the mirrors"

    def __init__(self, addresses: Sequence[str], patience: float = 6.0) -> None:
        self.addresses = [address.rstrip("/") + "/" for address in addresses]
        self.patience = patience

    def collect(self, files: Sequence[IdxFile], scratch: Path, progress: Progress) -> Mapping[str, Path]:
        """Download the files from the first mirror that has them all.

        Raises:
            Unavailable: with each mirror's reason.
        """
        if not self.addresses:
            raise Unavailable("none configured")
        progress.say(f"Asking {', '.join(_host(address) for address in self.addresses)} …")
        smallest = min(files, key=lambda file: file.dimensions)
        answers = ask([f"{address}{smallest.name}.gz" for address in self.addresses], self.patience)
        reasons = dict(zip(self.addresses, answers, strict=True))
        for address in [address for address, reason in reasons.items() if reason is None]:
            progress.say(f"Downloading from {_host(address)} …")
            try:
                return {file.name: _download(address, file, scratch, progress) for file in files}
            except GivenUp as error:
                reasons[address] = str(error)
                progress.say(f"{address}: {error}")
        raise Unavailable("; ".join(f"{address} {reason}" for address, reason in reasons.items()))


class GivenUp(Exception):  # noqa: N818 - a decision, not a mistake
    """A mirror is of no use; says why."""


def _download(address: str, file: IdxFile, scratch: Path, progress: Progress) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel("CRITICAL")
    name = f"{file.name}.gz"
    bar = _Bar(f"{name} from {_host(address)}", progress)
    get = pooch.HTTPDownloader(
        progressbar=bar,
        chunk_size=_BLOCK,
        timeout=(_SILENCE, _SILENCE),
        # Else some servers compress once more on the way, and the length that they announce is another one.
        headers={"Accept-Encoding": "identity"},
    )

    def fetch(url: str, output_file: str, _: Any) -> None:
        try:
            get(url, output_file, None)
        except requests.RequestException as error:
            if _is_final(error):
                raise GivenUp(f"{name}: {explain(error)}") from error
            raise
        # Here, because pooch tries again after a ValueError, and IdxError is one.
        verify(Path(output_file), file)

    keeper = pooch.create(scratch, address, registry={name: None}, retry_if_failed=_RETRIES)
    try:
        return Path(_watched(lambda: keeper.fetch(name, downloader=fetch), bar))
    except IdxError as error:
        raise GivenUp(f"{name} {error}") from error
    except requests.RequestException as error:
        raise GivenUp(f"{name}: {explain(error)}") from error
    finally:
        bar.end()


def _watched(work: Callable[[], str], bar: _Bar) -> str:
    """Return what ``work`` returns, but leave it alone and give up once too little comes.

    A read that waits cannot be interrupted, and one that gets a byte now and then never times out.
    """
    results: queue.Queue[str | Exception] = queue.Queue()

    def put_result() -> None:
        try:
            results.put(work())
        except Exception as error:  # noqa: BLE001 - raised again by the waiting thread
            results.put(error)

    threading.Thread(target=put_result, daemon=True).start()
    while True:
        try:
            result = results.get(timeout=_POLL)
        except queue.Empty:
            bar.check()
            continue
        if isinstance(result, Exception):
            raise result
        return result


def _is_final(error: Exception) -> bool:
    """Tell whether asking once more would only cost time."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return error.response.status_code < 500
    return isinstance(error, requests.Timeout) or "timed out" in str(error)


def _host(address: str) -> str:
    return urlsplit(address).netloc or address


class _Bar:
    """What pooch drives as a progress bar; also knows whether a mirror all but stands still."""

    def __init__(self, text: str, progress: Progress) -> None:
        self._text = text
        self._progress = progress
        self._total = 0
        self._done = 0
        self._mark = (time.monotonic(), 0)
        self._begun = False

    @property
    def total(self) -> int:
        """Bytes that the server announced, or 0."""
        return self._total

    @total.setter
    def total(self, total: int) -> None:
        self.end()
        self._total = total
        self._progress.begin(self._text, total or None)
        self._begun = True
        self.reset()

    def reset(self) -> None:
        """Start to count anew."""
        self._done = 0
        self._mark = (time.monotonic(), 0)

    def update(self, amount: int) -> None:
        """Count ``amount`` more bytes (pooch counts whole blocks, also for the last, smaller one)."""
        self._done += amount
        self._progress.update(min(self._done, self._total or self._done))

    def check(self) -> None:
        """Raise GivenUp if too little came since some seconds ago."""
        since, done = self._mark
        seconds = time.monotonic() - since
        # A little later than the socket's own timeout, which knows better what is wrong.
        if seconds >= 1.5 * _SILENCE:
            if self._done - done < _SLOWEST * seconds:
                raise GivenUp(f"slower than {_SLOWEST} bytes per second")
            self._mark = (time.monotonic(), self._done)

    def close(self) -> None:
        """Do nothing: pooch calls this only after a download that went well."""

    def end(self) -> None:
        """End the transfer if it began."""
        if self._begun:
            self._begun = False
            self._progress.end()
