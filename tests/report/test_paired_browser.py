"""Like with like in a browser: the chosen parameter, what a selection leaves, a newer page; the bad side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Opened, running_browser
from cases import CASES
from test_paired_comparison import grid, outlier
from test_sweep_selection_browser import selected

from swatch.report.ranking import value_of
from swatch.report.sweep.page import render, write

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
PAIRS = "#alike tr[data-trials]:visible"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as chromium:
        yield chromium


@pytest.mark.parametrize(
    "options",
    [{}, {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}],
    ids=["desktop", "phone"],
)
def test_the_reader_chooses_the_parameter_and_the_selection_filters_the_pairs(
    browser: Any, tmp_path: Path, options: dict[str, Any]
) -> None:
    sweep, trials = grid(outlier)
    write(sweep, trials, tmp_path / "grid.html")
    opened = Opened(browser, tmp_path / "grid.html", **options)
    page = opened.page
    names = "document.getElementById('figure-alike').data.slice(1).map((each) => each.name)"
    assert page.evaluate(names) == ["cross_entropy", "mean_squared_error"]
    assert page.locator(PAIRS).count() == 6
    lines = "document.getElementById('figure-alike-curves').data.length"
    assert page.evaluate(lines) == 12

    page.locator("[data-alike='activation']").click()
    assert page.evaluate(names) == ["sigmoid", "tanh", "relu"]
    assert page.locator(PAIRS).count() == 4 and page.evaluate(lines) == 12
    assert page.locator("#alike .findings:visible li").first.inner_text().startswith("relu is ahead in")

    page.evaluate("(html) => window.swatch.refresh(html)", render(sweep, trials))
    assert page.locator("[data-alike='activation']").get_attribute("aria-pressed") == "true"
    assert page.locator(PAIRS).count() == 4 and page.evaluate(names) == ["sigmoid", "tanh", "relu"]

    page.locator("[data-alike='loss']").click()
    page.locator("#bar").focus()
    for _ in range(5):
        page.locator("#bar").press("ArrowRight")
    kept = selected(page)
    pairs = {0: {0, 6}, 1: {1, 7}, 2: {2, 8}, 3: {3, 9}, 4: {4, 10}, 5: {5, 11}}
    assert page.locator(PAIRS).count() == sum(bool(pair & kept) for pair in pairs.values()) < 6
    page.evaluate("window.swatch.drawAll()")
    assert (
        page.evaluate("document.getElementById('figure-alike').data[1].x.length")
        == page.locator(PAIRS).count()
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    opened.context.close()
    assert opened.troubles == []


def test_the_bar_turned_round_zooms_to_the_bad_trials(browser: Any, tmp_path: Path) -> None:
    sweep, trials = CASES["ordinary"]()
    write(sweep, trials, tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html")
    page = opened.page
    values = sorted({value for trial in trials if (value := value_of(trial)) is not None})
    page.locator("#bar-side").select_option("true")
    assert page.evaluate("window.swatch.selected()") is None, "until a bar is set"
    page.locator("#bar").press("End")
    for _ in range(4):
        page.locator("#bar").press("ArrowLeft")
    known = {trial.number: value for trial in trials if (value := value_of(trial)) is not None}
    assert selected(page) == {number for number, value in known.items() if value <= values[4]}
    page.evaluate("window.swatch.drawAll()")
    low, high = page.evaluate("document.getElementById('figure-progress').layout.yaxis.range")
    assert low < values[0] and values[4] < high < values[5] + 0.5 * (values[5] - values[0])
    page.locator("#bar-side").select_option("false")
    assert selected(page) == {number for number, value in known.items() if value >= values[4]}
    page.locator("#clear-selection").click()
    assert page.evaluate("window.swatch.selected()") is None
    opened.context.close()
    assert opened.troubles == []
