"""What all pages are made with: templates, style and scripts from ``assets/``, all of it inside the page."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from swatch.files import write_text
from swatch.report import labels


@functools.cache
def environment() -> Any:
    """Return the templates, with filters that show values, metrics, times and shares."""
    import jinja2

    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("swatch.report", "assets"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        value=labels.format_value,
        metric=labels.format_metric,
        number=labels.finite,
        duration=labels.format_seconds,
        moment=labels.format_moment,
        p_value=lambda value: labels.format_p_value(value).removeprefix("= "),
        signed=labels.format_signed,
        percent=lambda share, digits=0: "–" if share is None else f"{share:.{digits}%}",
    )
    return templates


def asset(name: str) -> str:
    """Return a file of ``assets/``."""
    return (Path(__file__).parent / "assets" / name).read_text(encoding="utf-8")


def write_page(path: Path, html: str) -> None:
    """Write a page (UTF-8), replacing an earlier one at once and whole."""
    # A lone surrogate in a user's string has no UTF-8 form; the rest of the page must not fail for it.
    write_text(path, html.encode("utf-8", "replace").decode("utf-8"))
