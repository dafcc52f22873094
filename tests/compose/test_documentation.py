"""The words of the help come from the comments of the YAML files."""

from __future__ import annotations

from pathlib import Path

import pytest

from swatch import cli
from swatch.compose import groups
from swatch.compose.documentation import comments
from swatch.compose.locations import find, shipped_folder

TEXT = """\
# @package _global_
# An opening that
# goes on.

# Above,
# on two lines.
first: 1
second: 2  # behind
third:
  # Inside.
  fourth: 4
  fifth: 'a # is no comment'
sixth: 6
"""


def test_comments(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)
    assert comments(path) == (
        "An opening that goes on.",
        {"first": "Above, on two lines.", "second": "behind", "third.fourth": "Inside."},
    )


def test_opening_without_a_gap_belongs_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text("# Images as they are.\n_target_: a.b\n# One.\nkey: 1\n")
    assert comments(path) == ("Images as they are.", {"key": "One."})


@pytest.mark.parametrize("content", [b"a: [1\n", b"\xff\xfe\xfa", b""])
def test_broken_files_have_no_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    assert comments(path) == ("", {})


def test_every_shipped_choice_says_what_it_is() -> None:
    for group, choices in groups().items():
        for choice in choices:
            path = find().file_of(group, choice)
            assert path is not None
            assert comments(path)[0], f"{path} needs an opening comment"


def test_every_run_level_key_is_explained() -> None:
    from swatch.compose import compose, config_keys
    from swatch.schema import OPEN_GROUPS

    documented = comments(shipped_folder() / "train.yaml")[1]
    for key in config_keys(compose().config):
        if key.split(".")[0] not in (*OPEN_GROUPS, "tracking"):
            assert key in documented


def test_a_broken_file_elsewhere_does_not_break_the_help(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "conf" / "optimizer"
    folder.mkdir(parents=True)
    (folder / "broken.yaml").write_text("a: [1\n")
    assert cli.run(["train", "--help"]) == 0
    assert " broken" in capsys.readouterr().out
