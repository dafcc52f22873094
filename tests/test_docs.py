"""Commands, options, files, headings and settings that the documentation names are there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
import yaml

from swatch.cli import COMMANDS, group

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OF_TRAIN = {"-m", "--cfg", "--help"}  # Hydra's


def commands_in(text: str) -> list[list[str]]:
    """The words of every `swatch` command in code blocks, without comments and placeholders."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split(" #")[0] for block in blocks for line in block.splitlines()]
    return [line.split()[1:] for line in lines if line.startswith("swatch ")]


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_their_options_exist(page: Path) -> None:
    found = commands_in(page.read_text())
    assert found
    for name, *words in found:
        assert name in COMMANDS
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            command = command.get_command(click.Context(command), words[0])
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        known |= OF_TRAIN if name == "train" else {"--help"}
        for word in words:
            if word.startswith("-"):
                assert word in known, f"{page.name}: swatch {name} {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if "://" in target:
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            assert fragment in {anchor(heading) for heading in headings}, target


def test_tracking_settings_exist() -> None:
    text = (ROOT / "docs" / "wandb.md").read_text()
    named = set(re.findall(r"`tracking\.(\w+)", text))
    assert named
    known = yaml.safe_load((ROOT / "conf" / "tracking" / "wandb.yaml").read_text())
    assert named - {"json"} <= set(known)
