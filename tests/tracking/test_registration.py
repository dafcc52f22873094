"""Registering sweeps at a W&B server: what it gets, what it refuses, and that nothing waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from swatch.tracking import graphql, registration
from swatch.tracking.graphql import NoAnswer, NoKey, Refused, ServerError
from swatch.tracking.remote_sweep import RemoteSweep
from wandb_server import KEY, WandbServer

RAW: dict[str, Any] = {
    "name": "mine",
    "description": "what it is for",
    "program": "scripts/train.py",
    "method": "bayes",
    "run_cap": 7,
    "metric": {"name": "val/accuracy", "goal": "maximize"},
    "early_terminate": {"type": "hyperband", "min_iter": 2},
    "parameters": {
        "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1},
        "depth": {"min": 1, "max": 3},
        "dropout": {"min": 0, "max": 0.5},
        "optimizer": {"values": ["adam", None]},
        "model": {"parameters": {"width": {"min": 1.0, "max": 2.0}, "parameters": {"value": "x"}}},
    },
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def register(seconds: float = 5.0, **changes: Any) -> RemoteSweep:
    options = {"entity": None, "project": "swatch", "name": None, "custom": True, **changes}
    return registration.register(RAW, seconds=seconds, **options)


def test_a_sweep_of_ours_is_shown_and_not_scheduled(
    server: WandbServer, capfd: pytest.CaptureFixture[str]
) -> None:
    remote = register(name="mine-2")
    assert remote == RemoteSweep(server.url, server.entity, "swatch", remote.sweep_id)
    sweep = server.sweeps[remote.sweep_id]
    kept = {key: RAW[key] for key in ("description", "program", "run_cap", "metric")}
    assert {key: sweep.config[key] for key in kept} == kept
    assert (sweep.config["name"], sweep.description, sweep.state) == ("mine-2", RAW["description"], "RUNNING")
    assert sweep.config["method"] == "custom" and sweep.config["controller"] == {"type": "local"}
    assert "early_terminate" not in sweep.config
    assert capfd.readouterr() == ("", "")
    assert not server.unexpected


def test_plain_ranges_get_the_names_that_the_server_wants_and_ours_stay(server: WandbServer) -> None:
    remote = register()
    parameters = server.sweeps[remote.sweep_id].config["parameters"]
    assert parameters["lr"] == RAW["parameters"]["lr"]
    assert parameters["depth"] == {"min": 1, "max": 3, "distribution": "int_uniform"}
    assert parameters["dropout"]["distribution"] == "uniform"
    assert parameters["optimizer"] == {"values": ["adam", None]}
    assert parameters["model"]["parameters"]["width"]["distribution"] == "uniform"
    assert "distribution" not in RAW["parameters"]["depth"]


def test_a_sweep_for_wandbs_engine_is_sent_as_it_is(server: WandbServer) -> None:
    remote = register(custom=False)
    config = server.sweeps[remote.sweep_id].config
    expected = {key: value for key, value in RAW.items() if key != "parameters"}
    assert {key: value for key, value in config.items() if key != "parameters"} == expected


def test_the_real_client_reads_what_we_wrote(server: WandbServer) -> None:
    import wandb

    remote = register(entity="team", project="p q", name="mine-2")
    sweep = wandb.Api().sweep(remote.path)
    assert (sweep.name, sweep.state, sweep.entity) == ("mine-2", "RUNNING", "team")
    assert sweep.config == server.sweeps[remote.sweep_id].config
    assert registration.sweep_url(remote) == sweep.url.replace("p+q", "p%20q")


def test_entity_and_project_come_from_the_environment_last(
    server: WandbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_ENTITY", "team")
    monkeypatch.setenv("WANDB_PROJECT", "other")
    assert register(project=None).path.startswith("team/other/")
    assert register(entity="me").path.startswith("me/swatch/")


def test_states_are_told_once_and_a_deleted_sweep_is_noticed(server: WandbServer) -> None:
    remote = register()
    for state in ("PAUSED", "RUNNING", "FINISHED"):
        registration.set_state(remote, state)
        assert server.sweeps[remote.sweep_id].state == state == registration.get_state(remote)
    asked = server.operations().count("UpsertSweep")
    registration.set_state(remote, "FINISHED")
    assert server.operations().count("UpsertSweep") == asked
    with pytest.raises(ValueError, match="not 'DONE'"):
        registration.set_state(remote, "DONE")
    del server.store.sweeps[remote.sweep_id]
    assert registration.get_state(remote) is None
    with pytest.raises(Refused, match=f"has no sweep {remote.path}"):
        registration.set_state(remote, "FINISHED")


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500])
def test_a_refusal_says_what_the_server_says(server: WandbServer, status: int) -> None:
    server.fail(status, body=f'{{"errors": [{{"message": "no, not\\nwith {KEY}"}}]}}')
    with pytest.raises(Refused) as refused:
        register()
    assert refused.value.status == status
    assert str(refused.value) == f"{server.url} refuses (HTTP {status}: no, not with ***)"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<html>", "something that is not GraphQL's JSON"),
        ("[]", "something that is not GraphQL's JSON"),
        ('{"data": null, "errors": [{"message": "unknown project"}]}', r"refuses \(unknown project\)"),
        ('{"data": {"upsertSweep": null}}', "did not say which sweep it made"),
    ],
)
def test_strange_answers_are_refusals_too(server: WandbServer, body: str, message: str) -> None:
    server.fail(200, body=body)
    with pytest.raises(Refused, match=message):
        register()


def test_silence_ends_after_the_stated_time(server: WandbServer) -> None:
    server.hang()
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"has not answered for 0\.5 seconds"):
        register(seconds=0.5)
    assert time.monotonic() - began < 1.5


def test_a_server_that_is_gone_or_hangs_up_is_no_answer(server: WandbServer) -> None:
    server.drop()
    with pytest.raises(NoAnswer, match="does not answer"):
        register()
    server.stop()
    with pytest.raises(NoAnswer, match="does not answer: Connection refused"):
        register()


def test_a_redirection_does_not_take_the_key_along(server: WandbServer) -> None:
    with WandbServer() as other:
        server.fail(302, headers={"Location": f"{other.url}/graphql"})
        with pytest.raises(Refused, match="HTTP 302"):
            register()
        assert not other.requests


def test_the_key_comes_from_the_environment_or_netrc(
    server: WandbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WANDB_API_KEY")
    with pytest.raises(NoKey, match=f"no API key is configured for {server.url}; set WANDB_API_KEY"):
        register()
    assert not server.requests
    host = server.url.removeprefix("http://")
    (tmp_path / "netrc").write_text(f"machine {host}\n  login user\n  password {KEY}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert register().base_url == server.url
    server.revoke_key()
    with pytest.raises(ServerError, match="HTTP 401: user is not logged in"):
        register()


def test_registrations_are_remembered_once_and_found_by_server_and_project() -> None:
    here = RemoteSweep("http://here", "me", "swatch", "a1")
    there = RemoteSweep("http://there", "me", "swatch", "a2")
    other = RemoteSweep("http://here", "team", "other", "a3")
    options: dict[str, Any] = {"retries": 3}
    for remote in (here, there, other, here):
        change = registration.remember(options, remote)
        assert set(change) == {"wandb"}
        options |= change
    assert registration.registrations(options) == [there, other, here]
    find = registration.find_registered
    assert find(options, "http://here/", None, None) == here
    assert find(options, "http://here", "team", None) == other
    assert find(options, "http://here", None, "other") == other
    assert find(options, "http://there", None, "swatch") == there
    assert find(options, "http://there", "team", None) is None
    assert find({}, "http://here", None, None) is None


@pytest.mark.parametrize(
    ("host", "page"),
    [
        ("https://api.wandb.ai", "https://wandb.ai"),
        ("https://api.forge.coreweave.com", "https://forge.coreweave.com/wandb"),
        ("https://api.wandb.example.org", "https://app.wandb.example.org"),
        ("http://localhost:8080/", "http://localhost:8080"),
    ],
)
def test_pages_lie_beside_the_api(host: str, page: str) -> None:
    remote = RemoteSweep(host, "a b", "p/q", "s1")
    assert registration.sweep_url(remote) == f"{page}/a%20b/p%2Fq/sweeps/s1"


def test_the_pages_address_may_be_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_APP_URL", "https://ui.example.org/")
    assert registration.app_url("https://api.wandb.ai") == "https://ui.example.org"


def test_an_identity_token_is_exchanged_for_a_key(
    server: WandbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("head.body.signature\n")
    monkeypatch.delenv("WANDB_API_KEY")
    monkeypatch.setenv("WANDB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    asked: list[tuple[str, bytes, str | None]] = []

    def post(
        url: str, body: bytes, kind: str, authorization: str | None, seconds: float
    ) -> tuple[int, bytes]:
        asked.append((url, body, authorization))
        if url.endswith("/oidc/token"):
            return 200, f'{{"access_token": "{KEY}"}}'.encode()
        return real(url, body, kind, authorization, seconds)

    real = graphql._post
    monkeypatch.setattr(graphql, "_post", post)
    assert register().sweep_id in server.sweeps
    grant = b"grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=head.body.signature"
    assert asked[0] == (f"{server.url}/oidc/token", grant, None)
    assert asked[1][2] == f"Bearer {KEY}"
    (tmp_path / "token").unlink()
    with pytest.raises(NoKey):
        register()
