"""An evaluation's page in a real browser, wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import running_browser

from swatch.evaluation.evaluating import Evaluation
from swatch.report.evaluation.page import write
from swatch.tracking.class_accuracy import ClassAccuracies

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as chromium:
        yield chromium


@pytest.fixture
def page_file(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, (400, 10))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([generator.choice(10, p=row) for row in shares])
    evaluation = Evaluation(
        *("some-run", "adam_lr0.01", "Some data", "test", tuple(f"class number {n}" for n in range(10))),
        images=generator.integers(0, 256, (400, 28, 28, 1), np.uint8),
        labels=labels,
        probabilities=shares.astype(np.float32),
        loss=1.0,
        class_accuracies=ClassAccuracies(
            range(1, 13),
            {f"class number {n}": generator.uniform(0.2, 1, 12).tolist() for n in range(10)},
        ),
        best_epoch=9,
    )
    write(evaluation, 2, tmp_path / "page.html")
    return tmp_path / "page.html"


@pytest.mark.parametrize(("width", "scheme", "columns"), [(1280, "light", 8), (390, "dark", 3)])
def test_it_opens_without_complaint(
    browser: Any, page_file: Path, width: int, scheme: str, columns: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: troubles.append(request.url) if "http" in request.url[:5] else None)
    page.goto(page_file.as_uri())
    assert troubles == []
    # Nothing is wider than the window, every image is there, and the gallery has its columns.
    assert page.evaluate("document.documentElement.scrollWidth") == width
    sizes = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(sizes) == 72 and set(sizes) == {28}
    tops = page.evaluate("[...document.querySelector('.gallery').children].map(e => e.offsetTop)")
    assert tops.count(tops[0]) == columns
    drawn = page.evaluate(
        "[...document.querySelectorAll('#learning .own')].map(e => e.getBoundingClientRect().width)"
    )
    assert len(drawn) == 10 and min(drawn) > 100
    page.click("[data-cells=shares]")
    assert page.evaluate("document.getElementById('confusion-matrix').className") == "confusion shares"
    page.click("#classes th:nth-child(4) button")
    values = page.evaluate(
        "[...document.querySelectorAll('#classes tbody td:nth-child(4)')].map(e => +e.dataset.value)"
    )
    assert values == sorted(values) and len(set(values)) > 5
    page.close()
