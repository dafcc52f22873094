"""Sweeps: made by W&B's command and library, read by its Api, and what their agents are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from wandb_server import Run, WandbServer

GRID = {
    "program": "train.py",
    "name": "tiny",
    "method": "grid",
    "metric": {"name": "val/accuracy", "goal": "maximize"},
    "parameters": {"x": {"values": [1, 2]}, "model": {"parameters": {"depth": {"min": 1, "max": 2}}}},
}
CREATE = """mutation M($config: String, $id: ID, $state: String) {
    upsertSweep(input: {config: $config, id: $id, state: $state, projectName: "p"}) {
        sweep { name } configValidationWarnings } }"""
AGENT = """mutation M($sweep: String!) {
    createAgent(input: {host: "h", projectName: "p", sweep: $sweep}) { agent { id } } }"""
BEAT = """mutation M($id: ID!, $states: JSONString) {
    agentHeartbeat(input: {id: $id, runState: $states}) { commands } }"""
Beat = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def create(ask: Any) -> Callable[[dict[str, Any]], str]:
    return lambda config: str(ask(CREATE, config=yaml.dump(config))["upsertSweep"]["sweep"]["name"])


@pytest.fixture
def agent(ask: Any) -> Callable[[str], Beat]:
    """An agent, as a function that names the runs it has and returns its orders."""

    def register(sweep: str) -> Beat:
        name = ask(AGENT, sweep=sweep)["createAgent"]["agent"]["id"]

        def beat(*running: str) -> list[dict[str, Any]]:
            answer = ask(BEAT, id=name, states=json.dumps(dict.fromkeys(running, True)))
            return list(json.loads(answer["agentHeartbeat"]["commands"]))

        return beat

    return register


def begun(server: WandbServer, beat: Beat) -> Run:
    """The run that an idle agent is told to begin."""
    (order,) = beat()
    return server.runs[order["run_id"]]


def test_the_command_makes_and_ends_a_sweep(
    server: WandbServer, client: Any, command: Any, tmp_path: Path
) -> None:
    (tmp_path / "sweep.yaml").write_text(yaml.dump(GRID))
    said = command("wandb", "sweep", "--project", "p", "sweep.yaml").stderr
    (sweep,) = server.sweeps.values()
    assert f"wandb agent someone/p/{sweep.id}" in said
    assert len(sweep.id) == 8
    assert (sweep.state, sweep.config["method"]) == ("PENDING", "grid")
    found = client.Api().sweep(f"someone/p/{sweep.id}")
    assert (found.id, found.name, found.state) == (sweep.id, "tiny", "PENDING")
    assert found.config["parameters"]["x"] == {"values": [1, 2]}
    assert (found.expected_run_count, list(found.runs), found.best_run()) == (4, [], None)
    command("wandb", "sweep", "--stop", f"someone/p/{sweep.id}")
    assert server.sweeps[sweep.id].state == "FINISHED"
    assert server.unexpected == []
    assert server.unknown_fields == set()


@pytest.mark.slow
def test_the_command_pauses_resumes_and_cancels(server: WandbServer, create: Any, command: Any) -> None:
    sweep = create(GRID)
    server.resume_sweep(sweep)  # the client refuses to pause a sweep that nobody works at
    for option, state in (("pause", "PAUSED"), ("resume", "RUNNING"), ("cancel", "CANCELED")):
        command("wandb", "sweep", f"--{option}", f"someone/p/{sweep}")
        assert server.sweeps[sweep].state == state


def test_the_library_makes_a_sweep_of_runs_that_exist(server: WandbServer, client: Any) -> None:
    for name, value in (("one", 0.25), ("two", 0.75)):
        run = client.init(project="p", id=name, config={"x": value})
        run.log({"val/accuracy": value})
        run.finish()
    made = client.sweep({**GRID, "method": "custom"}, project="p", prior_runs=["one", "two"])
    found = client.Api().sweep(f"someone/p/{made}")
    assert sorted(run.id for run in found.runs) == ["one", "two"]
    assert found.best_run().id == "two"
    assert found._attrs["bestLoss"] == 0.75
    api = client.Api()
    assert len(api.runs("p", filters={"sweep": made})) == len(api.runs("p", {"sweepName": made})) == 2
    assert api.run("p/one").sweep.id == made


def test_a_run_of_its_own_making_joins_a_sweep(server: WandbServer, client: Any, create: Any) -> None:
    sweep = create({**GRID, "method": "custom"})
    run = client.init(project="p", id="ours", settings=client.Settings(sweep_id=sweep))
    run.finish()
    assert server.runs["ours"].sweep == sweep
    assert server.sweeps[sweep].state == "RUNNING"
    assert client.Api().run("p/ours").sweep.id == sweep
    with pytest.raises(client.errors.CommError, match="failed to find sweep"):
        client.init(project="p", settings=client.Settings(sweep_id="absent"))


def test_a_grid_is_given_out_once(server: WandbServer, create: Any, agent: Any) -> None:
    sweep = create(GRID)
    first, second = agent(sweep), agent(sweep)
    given = []
    for beat in (first, second, first, second):
        (order,) = beat()
        assert (order["type"], order["program"]) == ("run", "train.py")
        run = server.runs[order["run_id"]]
        assert (run.state, run.sweep) == ("pending", sweep)
        assert run.wire_config == order["args"]
        assert beat(run.id) == []  # busy
        # As clients do, replace the config by one in another form.
        run.wire_config, run.state = {"resolved": {"value": True}}, "finished"
        given.append({name: entry["value"] for name, entry in order["args"].items()})
    assert sorted(given, key=str) == [{"model": {"depth": depth}, "x": x} for depth in (1, 2) for x in (1, 2)]
    assert first() == [{"type": "exit"}]
    assert server.sweeps[sweep].state == "FINISHED"


def test_a_grid_leaves_out_the_points_of_prior_runs(server: WandbServer, client: Any, agent: Any) -> None:
    client.init(project="p", id="before", config={"x": 1}).finish()
    config = {**GRID, "parameters": {"x": {"values": [1, 2]}}}
    beat = agent(client.sweep(config, project="p", prior_runs=["before"]))
    assert beat()[0]["args"] == {"x": {"value": 2}}


def test_the_run_cap_counts_all_runs(server: WandbServer, create: Any, agent: Any) -> None:
    beat = agent(create({**GRID, "method": "random", "run_cap": 2}))
    for _ in range(2):
        begun(server, beat).state = "finished"
    assert beat()[0]["type"] == "exit"


def test_stop_cancel_pause_finish(server: WandbServer, create: Any, agent: Any) -> None:
    sweep = create({**GRID, "method": "random"})
    beat = agent(sweep)
    run = begun(server, beat)
    run.state = "running"
    server.stop_run(run.id)
    assert beat(run.id) == beat(run.id) == [{"type": "stop", "run_id": run.id}]
    server.pause_sweep(sweep)
    assert beat() == []
    assert run.state == "killed"  # its agent has it no more, and it did not say how it ended
    server.resume_sweep(sweep)
    run = begun(server, beat)
    server.finish_sweep(sweep)
    assert beat(run.id) == []
    run.state = "running"
    server.cancel_sweep(sweep)
    assert beat(run.id) == [{"type": "exit"}]
    assert run.state == "killed"


def test_runs_that_never_began_and_preempted_ones(server: WandbServer, create: Any, agent: Any) -> None:
    beat = agent(create({**GRID, "method": "random"}))
    lost, preempted = begun(server, beat), begun(server, beat)
    assert lost.state == "crashed"
    preempted.state = "preempting"
    assert beat()[0]["type"] == "resume"


def test_hyperband_stops_the_worse_two_thirds(server: WandbServer, create: Any, agent: Any) -> None:
    sweep = create({**GRID, "method": "random", "early_terminate": {"type": "hyperband", "min_iter": 2}})
    agents = [agent(sweep) for _ in range(3)]
    runs = [begun(server, beat) for beat in agents]
    for quality, run in enumerate(runs):
        run.state = "running"
        rows = [{"val/accuracy": value} for value in (0.1 * quality, 0.2 * quality)]
        run.streams["wandb-history.jsonl"] = [json.dumps(row) for row in rows]
    orders = [beat(run.id) for beat, run in zip(agents, runs, strict=True)]
    # The second best is the threshold's own run, and at least as good as it.
    assert [bool(order) for order in orders] == [True, False, False]


def test_what_another_scheduler_adds(server: WandbServer, create: Any, agent: Any, ask: Any) -> None:
    sweep = create({**GRID, "method": "custom", "run_cap": 1})
    beat = agent(sweep)
    assert beat() == []
    storage_id = server.sweeps[sweep].storage_id
    add = """mutation M($id: ID!, $config: JSONString!) {
        enqueueSweepRun(input: {id: $id, config: $config}) { id } }"""
    names = [ask(add, id=storage_id, config=json.dumps({"x": x}))["enqueueSweepRun"]["id"] for x in (7, 8)]
    assert [server.runs[name].state for name in names] == ["pending", "pending"]
    (order,) = beat()
    assert (order["run_id"], order["args"]) == (names[0], {"x": {"value": 7}})
    server.runs[names[0]].state = "finished"
    assert beat() == [{"type": "exit"}]  # the cap
    assert server.sweeps[sweep].state == "FINISHED"


def test_what_is_wrong_with_a_config_is_said(server: WandbServer, ask: Any) -> None:
    warnings = ask(CREATE, config="method: bays\n")["upsertSweep"]["configValidationWarnings"]
    assert [text.split()[0] for text in warnings] == ["method", "'parameters'"]


@pytest.mark.parametrize("operation", [AGENT, BEAT])
def test_a_sweep_that_was_deleted(server: WandbServer, ask: Any, operation: str) -> None:
    with pytest.raises(Exception, match="404"):
        ask(operation, sweep="gone", id="gone", states="{}")
