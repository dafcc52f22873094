"""A headless browser for tests of pages, and a page in it that is watched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

# Parallel coordinates need WebGL, which a machine without a graphics card draws in software.
FLAGS = ["--no-sandbox", "--enable-unsafe-swiftshader", "--use-angle=swiftshader"]
DRAWN_SECONDS = 15.0


@contextmanager
def running_browser() -> Iterator[Any]:
    """Give a browser, or skip the test where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = [
        path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))
    ]
    if not found:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=found[0], args=FLAGS)
        yield chromium
        chromium.close()


class Opened:
    """A sweep's page, all figures drawn, with everything it complained of or asked for."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("dialog", lambda dialog: self.troubles.append(dialog.message))
        self.page.on("request", self._asked)
        self.page.goto(path.as_uri())
        self.loaded_seconds = (
            self.page.evaluate("performance.timing.loadEventEnd - performance.timeOrigin") / 1000
        )
        self.page.wait_for_selector("html[data-ready=true]", timeout=DRAWN_SECONDS * 1000)
        self.drawn_at_first = self.page.locator(".figure.js-plotly-plot").count()
        # Figures out of sight are drawn when somebody scrolls there.
        self.page.evaluate("window.swatch.drawAll()")

    def _heard(self, message: Any) -> None:
        # Chromium remarks on the speed of WebGL in software; that is the machine's, not the page's.
        if message.type in ("error", "warning") and "GPU stall" not in message.text:
            self.troubles.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.troubles.append(f"asked for {request.url}")
