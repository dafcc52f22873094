"""Online, offline or disabled: decided by key and server, quickly, and said in one line."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from wandb.sdk.lib import urls

from swatch.errors import UserError
from swatch.tracking import mode
from swatch.tracking.mode import resolve_mode
from wandb_server import KEY, WandbServer


@pytest.fixture(autouse=True)
def _ask_again() -> None:
    mode._answers.cache_clear()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with WandbServer() as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.url)
        yield server


@pytest.fixture
def silent_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        monkeypatch.setenv("WANDB_BASE_URL", url)
        yield url


@pytest.mark.parametrize("name", ["offline", "disabled"])
def test_what_was_asked_for(name: str) -> None:
    assert resolve_mode(name).name == name


def test_auto_without_a_key_is_offline(server: WandbServer) -> None:
    found = resolve_mode("auto")
    assert found.name == "offline"
    assert found.reason == f"no API key is configured for {server.url}"


@pytest.mark.parametrize("status", [401, 404, 500])
def test_auto_with_a_key_and_any_answer_is_online(
    status: int, server: WandbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fail(status)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    assert resolve_mode("auto").name == "online"


@pytest.mark.parametrize("has_port", [True, False])
def test_keys_of_netrc_count_for_their_host(
    has_port: bool, server: WandbServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host = server.url.removeprefix("http://")
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {host if has_port else 'api.wandb.ai'}\n  login user\n  password {KEY}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert resolve_mode("auto").name == ("online" if has_port else "offline")


def test_a_server_that_does_not_answer(silent_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    begin = time.monotonic()
    found = resolve_mode("auto", timeout=0.3)
    assert time.monotonic() - begin < 1.5
    assert found.name == "offline"
    assert found.reason == f"{silent_server} does not answer"


def test_online_asks_nobody(silent_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    begin = time.monotonic()
    assert resolve_mode("online").name == "online"
    monkeypatch.setenv("WANDB_MODE", "online")
    assert resolve_mode("auto") == mode.Mode("online", "WANDB_MODE is online")
    assert time.monotonic() - begin < 0.2


def test_online_without_a_key_is_refused_unless_it_need_not_be_had(server: WandbServer) -> None:
    found = resolve_mode("online", required=False)
    assert found == mode.Mode("offline", f"no API key is configured for {server.url}")
    with pytest.raises(
        UserError, match=r"no API key is configured for .*WANDB_API_KEY.*tracking.mode=offline"
    ):
        resolve_mode("online")


@pytest.mark.parametrize("name", ["offline", "disabled"])
def test_auto_follows_wandb_mode(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", name)
    assert resolve_mode("auto").name == name


def test_unknown_mode_names_the_nearest() -> None:
    with pytest.raises(UserError, match="Did you mean 'offline'"):
        resolve_mode("ofline")


def test_the_address_may_stand_in_wandbs_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert mode.base_url() == urls.DEFAULT_BASE_URL
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path))
    (tmp_path / "settings").write_text("[default]\nbase_url = https://wandb.example.org/\n")
    assert mode.base_url() == "https://wandb.example.org"
    (tmp_path / "settings").write_text("nonsense")
    assert mode.base_url() == urls.DEFAULT_BASE_URL
