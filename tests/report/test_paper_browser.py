"""What printing does to the figures of pages that are made of lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Opened, running_browser
from cases import CASES
from made_runs import make_run

from swatch.report.run import page as run_page
from swatch.report.run.view import read_view
from swatch.report.sweep import page as sweep_page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

PAPER_WIDTH = 680
"""CSS pixels between the margins of a sheet."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as chromium:
        yield chromium


def test_two_panels_of_a_run_stand_beside_each_other_on_a_sheet(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.html"
    run_page.write(read_view(make_run(tmp_path, "done").path), path)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=true]")

    def widths() -> list[float]:
        found: list[float] = page.locator(".panel .figure .main-svg").evaluate_all(
            "(all) => all.map((each) => each.getBoundingClientRect().width)"
        )
        return found

    on_screen = widths()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert max(widths()) <= PAPER_WIDTH / 2 < min(on_screen)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert widths() == pytest.approx(on_screen, abs=1)
    page.close()


def test_a_sheet_is_no_phone_and_leaves_out_what_it_says_elsewhere(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "sweep.html"
    sweep_page.write(*CASES["ordinary"](), path)
    opened = Opened(browser, path)
    opened.page.set_viewport_size({"width": PAPER_WIDTH, "height": 900})
    height = "getComputedStyle(document.getElementById('figure-progress')).height"
    assert opened.page.evaluate(height) == "320px"
    opened.page.emulate_media(media="print")
    assert opened.page.evaluate(height) == "360px"
    reasons = opened.page.locator("#trial-table .reason")
    assert reasons.count() > 1 and not reasons.first.is_visible()
    assert opened.troubles == []
    opened.context.close()
