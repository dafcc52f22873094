#!/usr/bin/env python3
"""The pictures of the README, made anew: a real sweep, then the terminal, its report and the dashboard.

    pip install -e '.[browser]'
    python scripts/pictures.py                  # docs/images/*; takes about ten minutes on two cores
    python scripts/pictures.py --home FOLDER    # keeps the sweep there; the next time takes seconds

Needs a Chromium that is already installed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "images"
SWEEP = "clothes"
TRIALS = 60
# A sixth of the images: the pictures show a search, not a record.
OVERRIDES = ("data.limit=10000", "tracking.mode=disabled")
COLUMNS = 108
# Parallel coordinates need WebGL, which a machine without a graphics card draws in software.
BROWSER_FLAGS = ("--no-sandbox", "--enable-unsafe-swiftshader", "--use-angle=swiftshader")
COLOURS = 128

# The frame of a terminal picture. No font is fetched; every line is stretched to its place.
TERMINAL = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<style>
.{unique_id}-matrix {{ font: {char_height}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  line-height: {line_height}px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
<rect width="{width}" height="{height}" rx="8" fill="#1c1f26"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def swatch(*words: str, home: Path, show: bool = False) -> str:
    """Run a ``swatch`` command as a terminal of `COLUMNS` columns would show it; return what it printed.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    environment = {**os.environ, "SWATCH_HOME": str(home), "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    done = subprocess.run(
        [sys.executable, "-m", "swatch", *words],
        cwd=home.parent,
        env=environment,
        stdout=None if show else subprocess.PIPE,
        stderr=None if show else subprocess.STDOUT,
        text=True,
        check=True,
    )
    return done.stdout or ""


def search(home: Path) -> None:
    """Run the sweep that all pictures show, or what is missing of it."""
    if (home / "sweeps" / SWEEP / "report.html").exists():
        return
    words = (str(ROOT / "sweeps" / "bayes.yaml"), "--name", SWEEP, "--count", str(TRIALS), *OVERRIDES)
    swatch("sweep", *words, home=home, show=True)


def terminal(path: Path, commands: Sequence[Sequence[str]], home: Path) -> None:
    """Draw commands and their answers as one SVG."""
    from rich.console import Console
    from rich.text import Text

    canvas = Console(
        width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    for number, words in enumerate(commands):
        if number:
            canvas.print()
        canvas.print(Text.assemble(("$ ", "bold green"), ("swatch " + " ".join(words), "bold")))
        answer = swatch(*words, home=home).replace(str(home), "runs").rstrip()
        canvas.print(Text.from_ansi(answer))
    svg = canvas.export_svg(title="", code_format=TERMINAL, unique_id="t")
    path.write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE), encoding="utf-8")


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Yield a headless Chromium."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("pictures.py: there is no Chromium on this machine")
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=found, args=list(BROWSER_FLAGS))
        yield chromium
        chromium.close()


def photograph(chromium: Any, address: str, path: Path, *, width: int, height: int, ready: str) -> None:
    """Save what a window of that size, in pixels, shows at an address once ``ready`` is there."""
    from PIL import Image

    page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    page.goto(address)
    page.wait_for_selector(ready)
    page.wait_for_timeout(3000)
    raw = page.screenshot()
    page.close()
    picture = Image.open(io.BytesIO(raw)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


@contextlib.contextmanager
def dashboard(home: Path) -> Iterator[str]:
    """Yield the address of a dashboard that runs meanwhile."""
    served = subprocess.Popen(
        [sys.executable, "-m", "swatch", "dashboard", "--port", "0"],
        cwd=home.parent,
        env={**os.environ, "SWATCH_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert served.stdout is not None
        address = next(found[0] for line in served.stdout if (found := re.search(r"http://\S+", line)))
        yield address.rstrip("/")
    finally:
        served.terminate()
        served.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the pictures; return the exit code."""
    parser = argparse.ArgumentParser(description="Make the pictures of the README anew.")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="keep the sweep there; else it goes")
    options = parser.parse_args(arguments)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        home = options.home or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "runs"
        home = home.absolute()
        home.mkdir(parents=True, exist_ok=True)
        search(home)
        swatch("report", SWEEP, home=home)
        terminal(PICTURES / "terminal.svg", [["best", SWEEP, "--top", "6"]], home)
        chromium = stack.enter_context(browser())
        report = (home / "sweeps" / SWEEP / "report.html").as_uri()
        photograph(chromium, report, PICTURES / "report.png", width=1180, height=1500, ready=".main-svg")
        address = stack.enter_context(dashboard(home))
        photograph(
            chromium, address, PICTURES / "dashboard.png", width=1180, height=760, ready="table tbody tr"
        )
    for path in sorted(PICTURES.iterdir()):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1024:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
