"""Runs by the real client: their life, and what the server has of them afterwards."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from wandb_server import WandbServer

CONFIG = {"optimizer": {"learning_rate": 1e-05}, "sizes": [256, 128], "none": None, "text": "a=b é"}


def log(client: Any, values: list[float], **options: Any) -> None:
    run = client.init(project="p", **options)
    for value in values:
        run.log({"loss": value})
    run.finish()


def losses(server: WandbServer, run_id: str) -> list[tuple[int, float]]:
    return [(row["_step"], row["loss"]) for row in server.runs[run_id].history]


def test_a_run_and_all_that_the_api_says_of_it(server: WandbServer, client: Any, tmp_path: Path) -> None:
    run = client.init(
        project="p",
        id="first",
        name="a name",
        config=CONFIG,
        group="g",
        job_type="train",
        tags=["x", "y"],
        notes="a note",
    )
    run.define_metric("val/*", step_metric="epoch", summary="max")
    for epoch in range(4):
        run.log({"epoch": epoch, "val/accuracy": [0.1, 0.5, 0.3, 0.2][epoch]})
    (tmp_path / "extra.txt").write_text("extra")
    run.save(str(tmp_path / "extra.txt"), base_path=str(tmp_path))
    assert server.runs["first"].state == "running"
    run.finish()

    kept = server.runs["first"]
    assert (kept.state, kept.exit_code, kept.starts) == ("finished", 0, 1)
    assert kept.config == CONFIG
    assert kept.files["extra.txt"] == b"extra"
    found = client.Api().run("someone/p/first")
    assert (found.id, found.name, found.state) == ("first", "a name", "finished")
    assert (found.group, found.job_type, found.tags, found.notes) == ("g", "train", ["x", "y"], "a note")
    assert (found.entity, found.project, found.sweep) == ("someone", "p", None)
    assert found.config == CONFIG
    assert found.summary_metrics["val/accuracy"] == {"max": 0.5}
    assert found.lastHistoryStep == 3
    rows = found.history(pandas=False)
    assert [row["val/accuracy"] for row in rows] == [0.1, 0.5, 0.3, 0.2]
    assert [row["epoch"] for row in found.scan_history()] == [0, 1, 2, 3]
    assert list(found.scan_history(keys=["epoch"], min_step=2)) == [
        {"_step": 2, "epoch": 2},
        {"_step": 3, "epoch": 3},
    ]
    assert found.history(keys=["val/accuracy"], samples=2, pandas=False) == [
        {"_step": 0, "val/accuracy": 0.1},
        {"_step": 2, "val/accuracy": 0.3},
    ]
    assert {"extra.txt", "config.yaml", "wandb-metadata.json"} <= {file.name for file in found.files()}
    assert found.file("extra.txt").download(root=str(tmp_path / "down")).read() == "extra"
    assert found.metadata["host"]
    assert server.unexpected == []
    assert server.unknown_fields == set()


def test_states(server: WandbServer, client: Any) -> None:
    run = client.init(project="p", id="bad")
    run.finish(exit_code=3)
    run = client.init(project="p", id="interrupted")
    run.finish(exit_code=255)
    client.init(project="p", id="silent")
    server.store.crash_seconds = 0
    states = {name: (run.state, run.exit_code) for name, run in server.runs.items()}
    assert states == {"bad": ("failed", 3), "interrupted": ("killed", 255), "silent": ("crashed", None)}
    assert client.Api().run("p/silent").state == "crashed"


def test_resuming_goes_on(server: WandbServer, client: Any) -> None:
    log(client, [0.5, 0.4], id="again", config={"a": 1})
    run = client.init(project="p", id="again", resume="must")
    assert run.resumed
    assert dict(run.config) == {"a": 1}
    assert server.runs["again"].state == "running"
    run.log({"loss": 0.3})
    run.finish()
    assert losses(server, "again") == [(0, 0.5), (1, 0.4), (2, 0.3)]
    assert (server.runs["again"].state, server.runs["again"].starts) == ("finished", 2)
    with pytest.raises(client.errors.UsageError, match="has not been initialized"):
        client.init(project="p", id="unknown", resume="must")
    with pytest.raises(client.errors.UsageError, match="already exists"):
        client.init(project="p", id="again", resume="never")


@pytest.mark.parametrize("says_much", [True, False])
def test_the_same_id_without_resuming_begins_anew(says_much: bool, server: WandbServer, client: Any) -> None:
    quiet = {f"x_disable_{what}": not says_much for what in ("machine_info", "meta", "stats")}
    settings = client.Settings(**quiet, disable_git=not says_much)
    log(client, [0.5, 0.4, 0.3], id="same", config={"a": 1, "b": 2}, settings=settings)
    log(client, [0.2], id="same", config={"a": 3}, settings=settings)
    assert losses(server, "same") == [(0, 0.2)]
    assert server.runs["same"].config == {"a": 3}
    assert server.runs["same"].summary["loss"] == 0.2
    assert server.runs["same"].starts == 2


@pytest.mark.slow  # the client asks its service every 15 seconds
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_stop_from_the_server_reaches_a_run_without_an_agent(server: WandbServer, client: Any) -> None:
    run = client.init(project="p", id="long", settings=client.Settings(x_file_stream_transmit_interval=0.1))
    server.stop_run("long")
    with pytest.raises(KeyboardInterrupt):
        for step in range(3000):
            run.log({"loss": step})
            time.sleep(0.01)
    run.finish(exit_code=255)
    assert server.runs["long"].state == "killed"


def test_changing_and_deleting_by_the_api(server: WandbServer, client: Any) -> None:
    log(client, [1], id="edited", config={"a": 1})
    found = client.Api().run("p/edited")
    found.name, found.tags = "renamed", ["new"]
    found.config["b"] = 2
    found.summary["best"] = 7
    found.update()
    kept = server.runs["edited"]
    assert (kept.display_name, kept.tags, kept.config, kept.summary["best"]) == (
        "renamed",
        ["new"],
        {"a": 1, "b": 2},
        7,
    )
    assert (kept.state, kept.starts, losses(server, "edited")) == ("finished", 1, [(0, 1)])
    found.delete()
    assert server.runs == {}


def test_the_key_is_kept_nowhere(server: WandbServer, client: Any) -> None:
    log(client, [1], id="private")
    remembered = repr((vars(server.store), server.requests, server.unexpected))
    assert "private" in remembered
    assert server.key not in remembered


def test_output_is_kept(server: WandbServer, client: Any) -> None:
    run = client.init(project="p", id="talks", settings=client.Settings(console="wrap"))
    print("one line")
    run.finish()
    assert server.runs["talks"].output[-1].endswith(" one line")
    lines = list(client.Api().run("p/talks").console_logs())
    assert lines[-1].content == "one line"
    assert lines[-1].timestamp is not None
