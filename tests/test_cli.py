"""The command itself: its help, its exit codes, its words for a mistyped subcommand."""

from __future__ import annotations

import errno
import importlib
import subprocess
import sys

import click
import pytest

from swatch import cli
from swatch.errors import Interrupted, RunFailed, UserError, did_you_mean
from swatch.files import WriteError


def swatch(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "swatch", *arguments], capture_output=True, text=True, check=False
    )


def test_help_lists_every_command() -> None:
    done = swatch("--help")
    assert done.returncode == 0
    for name, (_, text) in cli.COMMANDS.items():
        assert name in done.stdout
        assert text.split(";")[0].split(".")[0] in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_exists_and_has_help(name: str) -> None:
    command = importlib.import_module(f"swatch.commands.{cli.COMMANDS[name][0]}").command
    assert isinstance(command, click.Command)
    assert command.help


@pytest.mark.parametrize("arguments", [[], ["data"]])
def test_a_command_alone_shows_its_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 2
    assert capsys.readouterr().err.startswith("Usage: swatch")


def test_mistyped_command_names_the_nearest() -> None:
    done = swatch("swep", "sweeps/quick.yaml")
    assert done.returncode == 2
    assert "Did you mean 'sweep'?" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UserError("bad key"), 2),
        (click.UsageError("bad key"), 2),
        (RunFailed("bad key"), 1),
        (Interrupted("bad key"), 130),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors_become_exit_codes(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli.group, "main", fail)
    assert cli.run([]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        "swatch: interrupted\n" if isinstance(error, KeyboardInterrupt) else "swatch: bad key\n"
    )


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli.group, "main", fail)
    return cli.run([])


def test_what_the_system_refuses_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing(monkeypatch, PermissionError(errno.EACCES, "Permission denied", "runs/x/config.yaml")) == 2
    assert capsys.readouterr().err == "swatch: cannot use runs/x/config.yaml: Permission denied\n"


def test_a_missing_file_is_our_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError):
        failing(monkeypatch, FileNotFoundError(errno.ENOENT, "No such file or directory", "x"))


def interrupted_within(error: Exception) -> Exception:
    """What a library raises that meets Ctrl-C in the middle of its work."""
    try:
        try:
            raise KeyboardInterrupt
        finally:
            raise error
    except type(error) as found:
        return found


def test_an_interruption_that_a_library_turned_into_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for error in (AttributeError("no flags"), UserError("the config cannot be composed: no flags")):
        assert failing(monkeypatch, interrupted_within(error)) == 130
        assert capsys.readouterr().err == "swatch: interrupted\n"


def test_what_an_interrupted_training_could_not_save_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = interrupted_within(WriteError("cannot write checkpoint.npz: no space left on the disk"))
    assert failing(monkeypatch, error) == 2
    assert "no space left" in capsys.readouterr().err


def test_did_you_mean_is_silent_without_a_near_match() -> None:
    assert did_you_mean("learning_rte", ["learning_rate", "epochs"]) == " Did you mean 'learning_rate'?"
    assert did_you_mean("zzz", ["learning_rate", "epochs"]) == ""
