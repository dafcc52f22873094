"""Runs that were tracked offline, sent by ``wandb sync``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from wandb_server import WandbServer

CREATE = """mutation { upsertSweep(input: {projectName: "p",
    config: "method: custom\\nmetric: {name: loss}\\n"}) { sweep { name } } }"""


def offline(client: Any, run_id: str, sweep: str, exit_code: int = 0) -> Path:
    settings = client.Settings(mode="offline", sweep_id=sweep, console="wrap", project="p")
    run = client.init(id=run_id, name=f"the {run_id}", config={"a": {"b": None}}, settings=settings)
    for step in range(3):
        run.log({"loss": 1 - step / 4})
    print("one line")
    artifact = client.Artifact("weights", "model", metadata={"of": run_id})
    with artifact.new_file("weights.txt") as file:
        file.write(run_id)
    run.log_artifact(artifact)
    folder = Path(run.dir).parent
    run.finish(exit_code=exit_code)
    return folder


def test_runs_of_a_sweep_sent_later_and_again(
    server: WandbServer, client: Any, command: Any, ask: Any, tmp_path: Path
) -> None:
    sweep = ask(CREATE)["upsertSweep"]["sweep"]["name"]
    good, bad = offline(client, "good", sweep), offline(client, "bad", sweep, exit_code=1)
    client.teardown()  # its service closes the files
    assert server.runs == {}
    command("wandb", "sync", str(good), str(bad))
    for name, state in (("good", "finished"), ("bad", "failed")):
        run = server.runs[name]
        assert (run.state, run.sweep, run.display_name) == (state, sweep, f"the {name}")
        assert run.config == {"a": {"b": None}}
        assert [row["loss"] for row in run.history] == [1, 0.75, 0.5]
        assert run.summary["loss"] == 0.5
        assert run.output[-1].endswith("one line")
    assert sorted(run.id for run in client.Api().sweep(f"someone/p/{sweep}").runs) == ["bad", "good"]
    assert {a.metadata["of"] for a in server.artifacts.values()} == {"good", "bad"}

    asked = len(server.requests)
    assert "No runs to sync" in command("wandb", "sync", str(good)).stderr
    assert len(server.requests) == asked
    # Sent once more, from another folder, nothing is there twice.
    other = shutil.copytree(good, tmp_path / "other" / good.name)
    for mark in other.glob("*.synced"):
        mark.unlink()
    command("wandb", "sync", str(other))
    assert [row["loss"] for row in server.runs["good"].history] == [1, 0.75, 0.5]
    assert len(server.runs_of(sweep)) == len(server.artifacts) == 2
    assert server.unexpected == []


@pytest.mark.parametrize("status", [403, pytest.param(401, marks=pytest.mark.slow)])
def test_a_refusal_is_told(status: int, server: WandbServer, client: Any, command: Any, ask: Any) -> None:
    folder = offline(client, "refused", ask(CREATE)["upsertSweep"]["sweep"]["name"])
    client.teardown()
    server.fail(status, body='{"errors":[{"message":"no, never"}]}')
    assert "no, never" in command("wandb", "sync", str(folder), check=False).stderr
    assert server.runs == {}
    server.heal()
    command("wandb", "sync", str(folder))
    assert server.runs["refused"].state == "finished"
