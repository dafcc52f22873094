"""The agents' protocol: registering, asking, being told, and a server that fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import yaml

from swatch.sweep.wandb_engine import link as link_module
from swatch.sweep.wandb_engine.link import AgentLink
from swatch.sweep.wandb_engine.protocol import Command, heartbeat, plain_config, register_agent, sweep_config
from swatch.tracking.graphql import NoAnswer, Refused, ServerError
from swatch.tracking.registration import register
from swatch.tracking.remote_sweep import RemoteSweep
from wandb_server import WandbServer

SWEEP = yaml.safe_load("""
method: grid
metric: {name: val/accuracy, goal: maximize}
parameters:
  seed: {values: [1, 2, 3]}
  run.notes: {value: null}
  model: {parameters: {hidden_sizes: {value: [16, 8]}, dropout: {value: 1.0e-05}}}
""")
VALUES = {"run.notes": None, "model": {"hidden_sizes": [16, 8], "dropout": 1e-05}}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def remote(server: WandbServer) -> RemoteSweep:
    return register(SWEEP, entity=None, project="clothes", name=None, custom=False)


@pytest.fixture
def speak(remote: RemoteSweep) -> Iterator[Callable[[], tuple[AgentLink, Ears]]]:
    """Start a link, which ends with the test."""
    links: list[AgentLink] = []

    def start() -> tuple[AgentLink, Ears]:
        ears = Ears()
        links.append(AgentLink(remote, 1, ears))
        return links[-1], ears

    yield start
    for each in links:
        each.end()


class Ears:
    """Remembers what it heard, and waits for more."""

    def __init__(self) -> None:
        self.heard: list[Command | ServerError | None] = []
        self._changed = threading.Condition()

    def __call__(self, link: AgentLink, news: Command | ServerError | None) -> None:
        with self._changed:
            self.heard.append(news)
            self._changed.notify()

    def wait_for(self, count: int) -> list[Command | ServerError | None]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.heard) >= count, timeout=20), self.heard
            return list(self.heard)


def run_of(news: Command | ServerError | None) -> Command:
    assert isinstance(news, Command) and news.kind == "run", news
    return news


def test_a_run_comes_with_typed_values(remote: RemoteSweep) -> None:
    agent = register_agent(remote)
    [command] = heartbeat(remote, agent, ())
    assert command.values == {"seed": 1, **VALUES}
    assert type(command.values["model"]["dropout"]) is float
    assert heartbeat(remote, agent, (command.run_id,)) == []


def test_the_server_keeps_the_config(remote: RemoteSweep) -> None:
    assert plain_config(sweep_config(remote)) == SWEEP
    with pytest.raises(Refused, match=r"no sweep someone/clothes/nowhere") as error:
        sweep_config(RemoteSweep(remote.base_url, "someone", "clothes", "nowhere"))
    assert error.value.status == 404
    assert plain_config("[") == plain_config("- 1") == {}


def test_the_next_run_comes_at_once(speak: Callable[[], tuple[AgentLink, Ears]]) -> None:
    link, ears = speak()
    began = time.monotonic()
    for number in range(1, 4):
        link.ask()
        assert run_of(ears.wait_for(number)[-1]).values["seed"] == number
    assert time.monotonic() - began < link_module.LEAST_BUSY_PAUSE, "no pause between two runs"
    link.ask()
    assert ears.wait_for(4)[-1] == Command("exit")


def test_says_nothing_before_it_is_told_to(
    server: WandbServer, speak: Callable[[], tuple[AgentLink, Ears]]
) -> None:
    speak()
    time.sleep(0.1)
    assert server.store.agents == {}


def test_a_stop_comes_while_the_run_is_named(
    server: WandbServer, speak: Callable[[], tuple[AgentLink, Ears]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "LEAST_BUSY_PAUSE", 0.05)
    link, ears = speak()
    link.ask()
    run_id = run_of(ears.wait_for(1)[0]).run_id
    [agent] = server.store.agents.values()
    server.wait(lambda: agent.running == [run_id])
    server.stop_run(run_id)
    assert ears.wait_for(2)[1] == Command("stop", run_id)


def test_a_paused_sweep_is_waited_for(
    server: WandbServer, remote: RemoteSweep, speak: Callable[[], tuple[AgentLink, Ears]]
) -> None:
    server.pause_sweep(remote.sweep_id)
    link, ears = speak()
    link.ask()
    server.wait(lambda: server.operations().count("Heartbeat") >= 2)
    assert ears.heard == []
    server.resume_sweep(remote.sweep_id)
    run_of(ears.wait_for(1)[0])


def test_a_server_that_fails_is_asked_again(
    server: WandbServer, speak: Callable[[], tuple[AgentLink, Ears]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "FIRST_RETRY", 0.01)
    server.fail(status=500, where="CreateAgent", times=1)
    server.drop(where="Heartbeat", times=1)
    link, ears = speak()
    link.ask()
    first, second, third, fourth = ears.wait_for(4)
    assert isinstance(first, Refused) and first.status == 500
    assert isinstance(second, NoAnswer)
    assert third is None, "it answers again"
    assert run_of(fourth).values["seed"] == 1
    assert len(server.store.agents) == 1


def test_a_sweep_that_is_gone_is_an_error(
    server: WandbServer, remote: RemoteSweep, speak: Callable[[], tuple[AgentLink, Ears]]
) -> None:
    link, ears = speak()
    link.ask()
    run_of(ears.wait_for(1)[0])
    del server.store.sweeps[remote.sweep_id]
    link.ask()
    gone = ears.wait_for(2)[1]
    assert isinstance(gone, Refused) and gone.status == 404
