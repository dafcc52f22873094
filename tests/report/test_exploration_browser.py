"""The exploration's page in a real browser: no trouble, no network, no wider than a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.files_of_ones_own import labels_of, pictures, rows_of, write_csv
from swatch.data.csv import CSV
from swatch.data.exploring.exploration import explore
from swatch.data.fashion_mnist import FashionMNIST
from swatch.report.exploration import page
from swatch.report.exploration.augmenting import augment_all

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

VIEWS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone, dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 600}},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = [
        path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))
    ]
    if not found:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=found[0], args=["--no-sandbox"])
        yield chromium
        chromium.close()


def html_of(name: str, slice_folder: Path, tmp_path: Path) -> str:
    if name == "ordinary":
        exploration = explore(FashionMNIST(folder=str(slice_folder), checksums=None), test=True)
        return page.render(exploration, augment_all(exploration, ()), "swatch data explore --test")
    names = ["<img src=x onerror=alert(1)>", "a" * 80, *map(str, range(98))]
    images = pictures(1000, (10, 6, 3))
    images[:40] = images[40:80]
    path = write_csv(tmp_path / "many.csv", rows_of(images, labels_of(1000, names)))
    exploration = explore(CSV(file=str(path), image_shape=(10, 6, 3)))
    return page.render(exploration, (), "swatch data explore csv data.file=" + "very/long/" * 30)


@pytest.mark.parametrize("name", ["ordinary", "strange"])
def test_no_page_troubles_the_browser(name: str, browser: Any, slice_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(html_of(name, slice_folder, tmp_path), encoding="utf-8")
    assert path.stat().st_size < 3_000_000
    backgrounds = {}
    for view, options in VIEWS.items():
        context = browser.new_context(**options)
        opened = context.new_page()
        troubles: list[str] = []
        opened.on("console", lambda message, troubles=troubles: troubles.append(message.text))
        opened.on("pageerror", lambda error, troubles=troubles: troubles.append(str(error)))
        opened.on("dialog", lambda dialog, troubles=troubles: troubles.append(dialog.message))
        opened.on(
            "request",
            lambda request, troubles=troubles: (
                None if request.url.startswith(("file:", "data:")) else troubles.append(request.url)
            ),
        )
        opened.goto(path.as_uri())
        assert not opened.evaluate("document.documentElement.scrollWidth > innerWidth"), view
        assert opened.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth)")
        backgrounds[view] = opened.evaluate("getComputedStyle(document.body).backgroundColor")
        assert troubles == []
        context.close()
    assert backgrounds["desktop"] == backgrounds["narrow"] != backgrounds["phone, dark"]


def test_the_table_of_classes_is_sorted_by_a_click(browser: Any, slice_folder: Path, tmp_path: Path) -> None:
    images = pictures(60, (4, 4))
    labels = ["few"] * 10 + ["most"] * 30 + ["some"] * 20
    source = CSV(file=str(write_csv(tmp_path / "t.csv", rows_of(images, labels))))
    path = tmp_path / "page.html"
    path.write_text(page.render(explore(source), (), "swatch data explore csv"), encoding="utf-8")
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(path.as_uri())
    button = opened.locator("#class-counts thead button", has_text="Training")
    names = opened.locator("#class-counts tbody th")
    button.click()
    assert names.all_text_contents() == ["few", "some", "most"]
    button.click()
    assert names.all_text_contents() == ["most", "some", "few"]
    context.close()
