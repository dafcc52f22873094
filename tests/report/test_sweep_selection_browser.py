"""What a reader selects filters the whole page, and a newer version of the page keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Opened, running_browser
from cases import CASES
from synthetic import make_sweep, make_trials
from test_sweep_sections import BELIEF, METRICS, samples

from swatch.report.ranking import value_of
from swatch.report.sweep.background import Background
from swatch.report.sweep.page import render, write

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

TRIALS = 60
CLEAR = 0.3
"""Marks fainter than this are those of trials that are not selected."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "ordinary.html"
    write(*CASES["ordinary"](), path)
    return path


@pytest.fixture
def opened(browser: Any, page_file: Path) -> Iterator[Any]:
    opened = Opened(browser, page_file)
    yield opened.page
    opened.context.close()
    assert opened.troubles == []


def brush(page: Any, low: float = 0.05, high: float = 0.3) -> None:
    """Drag along the last axis, that of the objective; 0 is its upper end."""
    figure = page.locator("#figure-parallel")
    # Away from the bar that stays at the window's top.
    figure.evaluate("(each) => scrollTo(0, each.getBoundingClientRect().top + scrollY - 200)")
    axis = figure.locator(".y-axis").last.locator(".axis-brush .background").bounding_box()
    x = axis["x"] + axis["width"] / 2
    page.mouse.move(x, axis["y"] + axis["height"] * low)
    page.mouse.down()
    page.mouse.move(x, axis["y"] + axis["height"] * high, steps=8)
    page.mouse.up()
    page.locator("#clear-selection").wait_for()


def selected(page: Any) -> set[int]:
    return set(page.evaluate("window.swatch.selected() ?? []"))


def clear_marks(page: Any, figure: str) -> set[int]:
    """Trials whose marks a figure draws clearly."""
    page.evaluate("window.swatch.drawAll()")
    return set(
        page.evaluate(
            f"""() => document.getElementById("{figure}").data.flatMap((trace) => {{
              if (!trace.customdata || !trace.mode?.includes("markers")) return [];
              const opacity = trace.marker?.opacity;
              const isClear = (_, at) => !Array.isArray(opacity) || opacity[at] > {CLEAR};
              return trace.customdata.filter(isClear).map((each) => each[0]);
            }})"""
        )
    )


def rows(page: Any, table: str) -> set[int]:
    shown = page.locator(f"#{table} tbody tr:visible")
    return {int(number) for number in shown.evaluate_all("(all) => all.map((each) => each.dataset.trial)")}


def test_a_brush_filters_everything_and_can_be_cleared(opened: Any) -> None:
    _, trials = CASES["ordinary"]()
    brush(opened)
    numbers = selected(opened)
    assert 0 < len(numbers) < TRIALS
    assert rows(opened, "trial-table") == numbers
    judged = {trial.number for trial in trials if trial.decision is not None}
    assert rows(opened, "decision-table") == numbers & judged
    for figure in ("figure-progress", "figure-slices", "figure-contour-0"):
        # A trial that does not use a parameter has no place over it.
        assert clear_marks(opened, figure) <= numbers, figure
    assert clear_marks(opened, "figure-progress") == numbers
    assert clear_marks(opened, "figure-curves") == numbers
    assert clear_marks(opened, "figure-stopping") == numbers & judged
    counted = "document.getElementById('figure-time').data.reduce((sum, each) => sum + each.x.length, 0)"
    assert opened.evaluate(counted) == len(numbers)
    assert not opened.locator("#failures li:visible").count(), "what failed has no value to be brushed"
    assert opened.locator("#importance .of-all").is_visible()
    assert opened.locator("#table-note").inner_text() == f"{len(numbers)} of {TRIALS} trials selected."

    opened.locator("#clear-selection").click()
    assert len(rows(opened, "trial-table")) == TRIALS and opened.locator("#table-note").inner_text() == ""
    assert len(clear_marks(opened, "figure-curves")) > len(numbers)
    assert not opened.locator("#importance .of-all").is_visible()


def test_the_slider_shows_the_good_trials_and_zooms_to_them(opened: Any) -> None:
    _, trials = CASES["ordinary"]()
    values = sorted({value for trial in trials if (value := value_of(trial)) is not None})
    slider = opened.locator("#bar")
    slider.focus()
    slider.press("End")
    for _ in range(9):
        slider.press("ArrowLeft")
    bar = values[-10]
    assert selected(opened) == {t.number for t in trials if (v := value_of(t)) is not None and v >= bar}
    opened.evaluate("window.swatch.drawAll()")
    low, high = opened.evaluate("document.getElementById('figure-progress').layout.yaxis.range")
    assert values[-11] < low + 0.5 * (high - low) and low > values[len(values) // 2]
    slider.press("Home")
    assert opened.evaluate("window.swatch.selected()") is None


def test_the_keyboard_can_brush_and_pin(opened: Any) -> None:
    _, trials = CASES["ordinary"]()
    opened.locator("#brush-details summary").press("Enter")
    opened.locator("#brush-axis").select_option("optimizer")
    opened.locator("#brush-low").press("End")
    kinds = {trials[number].point["optimizer"] for number in selected(opened)}
    assert kinds == {"adam"}
    assert opened.locator("#brush-low-value").inner_text() == "adam"

    table = opened.locator("#trials .scroll")
    table.focus()
    table.press("ArrowDown")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")
    pinned = opened.locator("#trial-table tr.pinned")
    number = int(pinned.get_attribute("data-trial"))
    assert number in selected(opened) and pinned.evaluate("(each) => each === document.activeElement")
    opened.evaluate("window.swatch.drawAll()")
    names = opened.evaluate("document.getElementById('figure-curves').data.map((each) => each.name)")
    assert f"trial {number}" in names


def test_other_pairs_can_be_chosen(opened: Any) -> None:
    title = "document.querySelector('#figure-contour-1 .xtitle').textContent"
    before = opened.evaluate(title)
    options = opened.locator("#pair-1 option").all_inner_texts()
    other = next(index for index, text in enumerate(options) if not text.startswith(before))
    opened.locator("#pair-1").select_option(str(other))
    assert options[other].startswith(opened.evaluate(title))


def test_figures_out_of_sight_wait_until_somebody_scrolls_there(browser: Any, page_file: Path) -> None:
    opened = Opened(browser, page_file)
    assert opened.drawn_at_first < opened.page.locator(".figure").count()
    opened.context.close()


def test_a_newer_page_keeps_what_the_reader_chose(opened: Any) -> None:
    brush(opened, 0.05, 0.9)
    before = selected(opened)
    opened.get_by_role("button", name="training loss").click()
    heading = opened.locator("#trial-table thead th", has_text="learning_rate")
    heading.get_by_role("button").click()
    opened.get_by_role("button", name="Per cent of row").click()
    opened.locator("#yaml-details summary").click()
    opened.locator("#stopping .scroll").evaluate("(each) => each.scrollTo(0, 120)")
    opened.evaluate("scrollTo(0, 700)")
    opened.evaluate("document.getElementById('figure-progress').dataset.old = 'yes'")

    # The same trials and eight more.
    newer = [*CASES["ordinary"]()[1], *make_trials(68, seed=5)[TRIALS:]]
    opened.evaluate("(html) => window.swatch.refresh(html)", render(make_sweep(state="running"), newer))
    after = selected(opened)
    assert after & set(range(TRIALS)) == before
    assert rows(opened, "trial-table") == after and opened.locator("#trial-table tbody tr").count() == 68
    assert opened.locator("#table-note").inner_text() == f"{len(after)} of 68 trials selected."
    opened.evaluate("window.swatch.drawAll()")
    assert opened.evaluate("document.querySelector('#figure-curves .ytitle').textContent") == "training loss"
    assert opened.get_by_role("button", name="training loss").get_attribute("aria-pressed") == "true"
    heading = opened.locator("#trial-table thead th", has_text="learning_rate")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert "shares" in opened.locator("#confusion-matrix").get_attribute("class")
    assert opened.locator("#yaml-details").get_attribute("open") is not None
    assert opened.locator("#stopping .scroll").evaluate("(each) => each.scrollTop") == 120
    assert abs(opened.evaluate("scrollY") - 700) < 2
    assert opened.locator("#figure-progress").get_attribute("data-old") == "yes", "the figure itself stays"
    drawn = "Math.max(...document.getElementById('figure-progress').data.flatMap((each) => each.x))"
    assert opened.evaluate(drawn) == 67
    opened.locator("#clear-selection").click()
    assert len(rows(opened, "trial-table")) == 68
    # The table still sorts, as its new rows are served by the same listeners.
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"


def test_the_front_the_belief_and_the_images_are_drawn_and_filtered(browser: Any, tmp_path: Path) -> None:
    sweep, trials = make_sweep(), make_trials(20)
    known = Background(belief=BELIEF, metrics=METRICS, samples=samples())
    (tmp_path / "page.html").write_text(render(sweep, trials, background=known))
    opened = Opened(browser, tmp_path / "page.html", viewport={"width": 390, "height": 844})
    page = opened.page
    assert page.locator("#figure-front .scatterlayer").count() == 1
    assert page.locator("#best-run img").first.evaluate("(each) => each.naturalWidth") == 28
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.locator("#bar").press("End")
    assert clear_marks(page, "figure-front") <= selected(page)
    assert rows(page, "front-table") <= selected(page)
    assert opened.troubles == []
    opened.context.close()


def test_a_page_grows_from_nothing_to_results(browser: Any, tmp_path: Path) -> None:
    write(*CASES["no_trials"](), tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html")
    for name in ("two_waiting", "running", "ordinary", "all_failed"):
        sweep, trials = CASES[name]()
        opened.page.evaluate("(html) => window.swatch.refresh(html)", render(sweep, trials))
        opened.page.evaluate("window.swatch.drawAll()")
        assert opened.page.locator("#trial-table tbody tr").count() == len(trials)
        figures = opened.page.locator(".figure")
        assert all(figures.nth(i).locator("svg").count() for i in range(figures.count())), name
    assert opened.troubles == []
    opened.context.close()
