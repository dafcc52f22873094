"""The dashboard in a real browser: choosing, opening, brushing, and watching a sweep grow."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import running_browser
from made_runs import history, make_run
from made_sweeps import GrowingSweep

from swatch.files import append_line, json_text

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

PATIENCE = 20_000
"""Milliseconds."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as chromium:
        yield chromium


class Serving:
    """A dashboard in a process of its own."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-m", "swatch", "dashboard", "--home", str(home), "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        found = re.search(r"http://[\d.:]+", self.process.stdout.readline())
        assert found is not None
        self.address = found[0]

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    for name, best in (("one", 0.8), ("two", 0.9), ("three", 0.7)):
        make_run(home, name, best=best, config={"batch_size": int(100 * best)}, sweep_id="growing")
    return home


@pytest.fixture
def sweep(home: Path) -> Iterator[GrowingSweep]:
    sweep = GrowingSweep(home)
    sweep.grow(12)
    yield sweep
    sweep.close()


@pytest.fixture
def serving(home: Path, sweep: GrowingSweep) -> Iterator[Serving]:
    serving = Serving(home)
    yield serving
    serving.end()


class Visit:
    """A window that keeps what its pages complained of, and what they asked of other addresses."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.address = address
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", self._asked)

    def open(self, path: str) -> Any:
        self.page.goto(self.address + path)
        self.page.wait_for_selector("html[data-ready=true]", timeout=PATIENCE)
        return self.page

    def close(self) -> None:
        self.context.close()
        assert self.troubles == []

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and "GPU stall" not in message.text:
            self.troubles.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.troubles.append(f"asked for {request.url}")


@pytest.fixture
def visit(browser: Any, serving: Serving) -> Iterator[Visit]:
    visit = Visit(browser, serving.address)
    yield visit
    visit.close()


def test_two_runs_are_chosen_and_compared(visit: Visit) -> None:
    page = visit.open("/")
    rows = page.locator("#run-table tbody tr")
    assert rows.count() == 3
    # The best one first, then fewer of them.
    page.click("#run-table th[data-key=value] button")
    assert "name of two" in rows.nth(0).inner_text()
    page.fill("#filter", "ADAM two")
    assert rows.count() == 1 and page.inner_text("#runs-note") == "1 of 3"
    page.fill("#filter", "")
    page.check("text=name of two >> xpath=ancestor::tr >> input")
    assert page.get_attribute("#compare", "href") is None
    page.check("text=name of one >> xpath=ancestor::tr >> input")
    page.click("#compare")
    page.wait_for_selector("html[data-ready=true]", timeout=PATIENCE)
    assert page.inner_text("h1") == "name of two is the best of 2 runs: validation accuracy 0.9000"
    curve = "document.getElementById('figure-curves').data[0].y"
    before = page.evaluate(curve)
    page.eval_on_selector(
        "#smoothing", "each => { each.value = 0.9; each.dispatchEvent(new Event('input')); }"
    )
    smoothed = page.evaluate("document.getElementById('figure-curves').data.map((each) => each.y)")
    assert len(smoothed) == 4 and smoothed[0] == before and smoothed[1] != before
    page.click("#metric-tabs button:has-text('validation loss')")
    assert (
        page.evaluate("document.getElementById('figure-curves').layout.yaxis.title.text") == "validation loss"
    )
    page.select_option("#first-run", label="name of one")
    assert "not tested" not in page.inner_text("#pair-verdict")[:3]
    page.click("a:has-text('Sweeps and runs')")
    page.wait_for_selector("#run-table tbody tr", timeout=PATIENCE)


def test_a_run_is_opened_and_goes_on(visit: Visit, home: Path) -> None:
    directory = make_run(home, "going", status=None, epochs=2, config={"epochs": 5})
    with directory.locked():
        page = visit.open("/")
        page.click("text=name of going")
        page.wait_for_selector("html[data-ready=true]", timeout=PATIENCE)
        assert "2 of 5 epochs are over" in page.inner_text(".lead")
        page.click("[data-keys=changed]")
        append_line(directory.history_file, json_text({**history(3)[-1], "val/accuracy": 0.95}))
        page.wait_for_function(
            "document.querySelector('.lead').textContent.includes('3 of 5 epochs')", timeout=PATIENCE
        )
        assert page.inner_text("h1") == "Validation accuracy 0.9500 in epoch 3 of 3"
        # The figure has the new epoch, and what was chosen stays.
        assert page.evaluate("document.getElementById('panel-0').data[0].y.at(-1)") == 0.95
        assert page.get_attribute("[data-keys=changed]", "aria-pressed") == "true"


def test_an_axis_is_brushed_while_the_sweep_grows(visit: Visit, sweep: GrowingSweep) -> None:
    page = visit.open("/sweeps/growing")
    page.locator("#figure-parallel").scroll_into_view_if_needed()
    page.wait_for_selector("#figure-parallel .axis-brush", timeout=PATIENCE)
    # The second axis is the learning rate's, over which the trials are spread.
    area = page.locator("#figure-parallel .axis-brush .background").nth(1).bounding_box()
    x = area["x"] + area["width"] / 2
    page.mouse.move(x, area["y"] + area["height"] * 0.1)
    page.mouse.down()
    page.mouse.move(x, area["y"] + area["height"] * 0.6, steps=6)
    page.mouse.up()
    shown = "window.swatch.selected()?.length ?? null"
    page.wait_for_function(f"({shown}) !== null", timeout=PATIENCE)
    assert 0 < page.evaluate(shown) < 12
    sweep.grow(6)
    page.wait_for_function("document.body.textContent.includes('of 18 trials')", timeout=40_000)
    # The trials are more, and the brush is still there.
    assert 0 < page.evaluate(shown) < 18


def test_the_page_says_when_the_server_is_gone(browser: Any, serving: Serving, home: Path) -> None:
    visit = Visit(browser, serving.address)
    page = visit.open("/")
    serving.end()
    page.wait_for_selector("#frame-state.gone", timeout=PATIENCE)
    assert "does not answer" in page.inner_text("#frame-state")
    assert page.locator("#run-table tbody tr").count() == 3
    visit.context.close()
    # What failed was the asking, and nothing else.
    assert all("ERR_CONNECTION_REFUSED" in trouble for trouble in visit.troubles)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_nothing_is_wider_than_the_window(browser: Any, serving: Serving, width: int, scheme: str) -> None:
    visit = Visit(browser, serving.address, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in ("/", "/runs/one", "/compare?run=one&run=two&run=three"):
        page = visit.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    visit.close()


def test_two_thousand_runs_are_listed_soon(browser: Any, tmp_path: Path) -> None:
    home = tmp_path / "many"
    source = make_run(tmp_path, "source", whole=False).path
    for number in range(2000):
        shutil.copytree(source, home / f"run-{number:04d}", copy_function=os.link)
    serving = Serving(home)
    visit = Visit(browser, serving.address)
    page = visit.open("/")
    assert page.inner_text("#runs-note") == "2000"
    assert page.locator("#run-table tbody tr").count() == 200
    page.fill("#filter", "run-1999")
    assert page.locator("#run-table tbody tr").count() == 1
    page.fill("#filter", "")
    page.click("#more")
    assert page.locator("#run-table tbody tr").count() == 400
    visit.close()
    serving.end()
