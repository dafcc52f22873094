"""``swatch workspace`` on the command line."""

from __future__ import annotations

import pytest
from workspace_views import Views

from swatch.cli import run
from wandb_server import WandbServer


def test_the_addresses_are_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("wandb_workspaces", reason="needs the extra 'workspace'")
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.store.projects.append(("someone", "mine"))
        Views().install(monkeypatch)
        assert run(["workspace", "--project", "mine", "--report"]) == 0
        shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert [line.split()[0] for line in lines] == ["Workspace:", "Report:"]
    assert all(line.split()[1].startswith(f"{server.url}/someone/mine") for line in lines)
    assert shown.err == ""


@pytest.mark.parametrize(
    ("sweep", "message"),
    [("nowhere", "there is no sweep 'nowhere'"), ("a/b", "'a/b' is no sweep"), ("a//c", "is no sweep")],
)
def test_bad_input_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sweep: str, message: str
) -> None:
    pytest.importorskip("wandb_workspaces", reason="needs the extra 'workspace'")
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    assert run(["workspace", sweep]) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1


def test_help_names_the_extra(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["workspace", "--help"]) == 0
    assert "swatch[workspace]" in capsys.readouterr().out
