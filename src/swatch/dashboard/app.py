"""The dashboard's addresses and what they answer."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from swatch.console import shown_path
from swatch.dashboard import run_pages
from swatch.dashboard.frames import Frames
from swatch.dashboard.guard import LOOPBACK, STORED_PAGE_POLICY, SafeHeaders
from swatch.dashboard.run_list import RunList
from swatch.dashboard.sweep_list import SweepList
from swatch.dashboard.sweep_pages import SweepPages
from swatch.errors import UserError, did_you_mean
from swatch.parsing import parse_one_at_a_time
from swatch.report.rendering import asset, environment

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_STATIC = {
    "report.css": "text/css",
    "frame.css": "text/css",
    "dashboard.css": "text/css",
    "live.js": "text/javascript",
    "dashboard.js": "text/javascript",
    "dashboard_rows.js": "text/javascript",
}
_PLOTLY = "plotly.js"


class Dashboard:
    """Answers requests; all of them only read."""

    def __init__(self, home: Path, storage: str | None = None) -> None:
        parse_one_at_a_time()  # Pages are made in threads.
        self.nonce = secrets.token_urlsafe(16)
        self.home = home
        self.runs = RunList(home)
        self.sweeps = SweepList(home, storage)
        self.frames = Frames(self.sweeps, self.runs.find, self.nonce, _plotly_address())
        self.sweep_pages = SweepPages(self.sweeps, self.frames.sweep)

    def front(self, request: Request) -> Response:
        """The list of sweeps and runs."""
        from starlette.responses import HTMLResponse

        template = environment().get_template("dashboard.html.j2")
        return HTMLResponse(
            template.render(home=str(shown_path(self.home)), most_compared=run_pages.MOST_COMPARED)
        )

    def rows(self, request: Request) -> Response:
        """What changed in the lists after the revisions that the page has."""
        from starlette.responses import JSONResponse

        return JSONResponse(
            {
                name: rows.since(_number(request.query_params.get(name)))
                for name, rows in (("runs", self.runs), ("sweeps", self.sweeps))
            }
        )

    def sweep(self, request: Request) -> Response:
        """A sweep's page."""
        sweep_id = request.path_params["sweep_id"]
        html = self.sweep_pages.page(sweep_id)
        return self._missing("sweep", sweep_id, self.sweeps.names()) if html is None else _html(html)

    def sweep_version(self, request: Request) -> Response:
        """The version of a sweep's page."""
        return _text(self.sweep_pages.version(request.path_params["sweep_id"]))

    def run(self, request: Request) -> Response:
        """A run's page."""
        run_id = request.path_params["run_id"]
        folder = self.runs.find(run_id)
        if folder is None:
            return self._missing("run", run_id, self.runs.names())
        return _html(run_pages.run_html(folder, self.frames))

    def run_version(self, request: Request) -> Response:
        """The version of a run's page."""
        folder = self.runs.find(request.path_params["run_id"])
        return _text(None if folder is None else run_pages.version([folder]))

    def evaluation(self, request: Request) -> Response:
        """The page that ``swatch evaluate`` wrote."""
        from starlette.responses import HTMLResponse

        folder = self.runs.find(request.path_params["run_id"])
        split = request.path_params["split"]
        path = None if folder is None else run_pages.evaluation_file(folder, split)
        if path is None:
            return self._missing("evaluation", f"{request.path_params['run_id']}, {split}", [])
        headers = {"content-security-policy": STORED_PAGE_POLICY}
        return HTMLResponse(path.read_text(encoding="utf-8", errors="replace"), headers=headers)

    def comparison(self, request: Request) -> Response:
        """A comparison's page."""
        folders = self._compared(request)
        return _html(run_pages.comparison_html(folders, self.frames))

    def comparison_version(self, request: Request) -> Response:
        """The version of a comparison's page."""
        return _text(run_pages.version(self._compared(request)))

    def static(self, request: Request) -> Response:
        """A style sheet or script, by its name in a fixed list."""
        from starlette.responses import Response

        name = request.path_params["name"]
        if name == _PLOTLY:
            headers = {"cache-control": "max-age=31536000, immutable"}
            return Response(_plotly(), media_type="text/javascript", headers=headers)
        if name not in _STATIC:
            return self._missing("file", name, _STATIC)
        return Response(asset(name), media_type=_STATIC[name])

    def _compared(self, request: Request) -> list[Path]:
        wanted = list(dict.fromkeys(request.query_params.getlist("run")))
        found = {run_id: self.runs.find(run_id) for run_id in wanted[: run_pages.MOST_COMPARED + 1]}
        for run_id, folder in found.items():
            if folder is None:
                raise UserError(
                    f"there is no run '{run_id}' in {self.home}.{did_you_mean(run_id, self.runs.names())}"
                )
        return [folder for folder in found.values() if folder is not None]

    def _missing(self, kind: str, name: str, names: Sequence[str] | dict[str, str]) -> Response:
        said = f"there is no {kind} '{name}' in {self.home}.{did_you_mean(name, names)}"
        return _trouble(said, 404)


def make_app(dashboard: Dashboard, hosts: Sequence[str] = LOOPBACK) -> Starlette:
    """Return the application.

    Args:
        dashboard: what answers.
        hosts: the names by which it may be asked.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Route

    addresses = {
        "/": dashboard.front,
        "/rows": dashboard.rows,
        "/sweeps/{sweep_id}": dashboard.sweep,
        "/sweeps/{sweep_id}/version": dashboard.sweep_version,
        "/runs/{run_id}": dashboard.run,
        "/runs/{run_id}/version": dashboard.run_version,
        "/runs/{run_id}/evaluation/{split}": dashboard.evaluation,
        "/compare": dashboard.comparison,
        "/compare/version": dashboard.comparison_version,
        "/static/{name}": dashboard.static,
    }
    return Starlette(
        routes=[Route(address, answer, methods=["GET"]) for address, answer in addresses.items()],
        middleware=[
            Middleware(SafeHeaders, nonce=dashboard.nonce),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        ],
        exception_handlers={UserError: _user_error, HTTPException: _http_error},
    )


def _user_error(request: Request, error: Exception) -> Response:
    return _trouble(str(error), 422)


def _http_error(request: Request, error: Exception) -> Response:
    status: int = getattr(error, "status_code", 500)
    return _trouble(f"{request.method} {request.url.path}: {getattr(error, 'detail', '')}", status)


def _trouble(said: str, status: int) -> Response:
    from starlette.responses import HTMLResponse

    template = environment().get_template("dashboard_trouble.html.j2")
    return HTMLResponse(template.render(said=said), status_code=status)


def _html(html: str) -> Response:
    from starlette.responses import HTMLResponse

    # A lone surrogate in a user's string has no UTF-8 form; the rest of the page must not fail for it.
    return HTMLResponse(html.encode("utf-8", "replace"))


def _text(version: str | None) -> Response:
    from starlette.responses import PlainTextResponse

    return PlainTextResponse(version or "gone", status_code=200 if version else 404)


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 16 else 0


@functools.cache
def _plotly() -> bytes:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).encode()


def _plotly_address() -> str:
    from importlib.metadata import version

    return f"/static/{_PLOTLY}?v={quote(version('plotly'))}"
