"""What is sent of a run, decided from the ledger, the folders and what the server says."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from sweep_cases import LINE
from sync_cases import send, serving

from swatch.errors import UserError
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState
from swatch.sweep.sync.comparing import is_complete
from swatch.sweep.sync.display import Display, counts
from swatch.sweep.sync.folders import Folders
from swatch.sweep.sync.from_ledger import write_directory
from swatch.sweep.sync.items import Item, Presence, Situation, items_of
from swatch.sweep.sync.remote_runs import RemoteRun
from swatch.sweep.sync.sending import Kind, Outcome
from swatch.tracking import RunDescription, RunDirectory
from swatch.tracking.registration import register
from swatch.tracking.remote_sweep import RemoteSweep
from swatch.tracking.replay import Ending, Replayed
from swatch.tracking.state import TrackingState

SWEEP = SweepRecord(
    id="s", yaml="", overrides=(), seed=0, method="random", metric="loss", goal="minimize", count=3,
    state="running", created=datetime(2026, 1, 1, tzinfo=UTC), function="<test>",
)  # fmt: skip
HISTORY = [{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}]
REMOTE = RemoteSweep("http://localhost", "someone", "swatch", "abc")


def trial(state: TrialState, history: list[dict[str, Any]] = HISTORY, **facts: Any) -> TrialRecord:
    return TrialRecord(
        number=0, point={"x": 0.5}, point_key="k", run_id="r", seed=0, state=state, history=history, **facts
    )


def write_run(path: Path, epochs: int, status: str | None = None, **description: Any) -> RunDirectory:
    directory = RunDirectory(path)
    run = RunDescription(path.name, path.name, {"x": 0.5}, **description)
    directory.start(run, HISTORY[:epochs])
    if status is not None:
        directory.finish(status, None, {"epochs": epochs})
    return directory


def item_of(home: Path, record: TrialRecord, *others: Path, **facts: Any) -> Item:
    (item,) = items_of([Situation(SWEEP, [record], **facts)], Folders([home], others), from_ledger=False)
    return item


@pytest.mark.parametrize("state", [TrialState.FINISHED, TrialState.STOPPED])
def test_of_a_shared_ledger_only_the_last_attempts_directory_counts(
    tmp_path: Path, state: TrialState
) -> None:
    """The trial began here and ended on another machine."""
    write_run(tmp_path / "r", 1, "interrupted")
    record = trial(state, summary={"epochs": 2})
    shared = item_of(tmp_path, record, is_on_one_machine=False)
    assert (shared.presence, shared.directory) == (Presence.ABSENT, None)
    assert "an earlier attempt" in shared.note
    assert shared.ending is not None and shared.ending.status == state.value
    write_run(tmp_path / "other" / "r", 2, state.value)
    found = item_of(tmp_path, record, tmp_path / "other", is_on_one_machine=False)
    assert found.directory is not None and found.directory.path == tmp_path / "other" / "r"
    # On one machine there is no other attempt's directory: this is it, and its summary was lost.
    alone = item_of(tmp_path, record)
    assert alone.presence is Presence.HERE and alone.ending is not None
    assert (alone.ending.status, alone.ending.summary) == (state.value, {"epochs": 2})


def test_of_several_directories_the_one_that_knows_most_is_sent(tmp_path: Path) -> None:
    write_run(tmp_path / "r", 2)
    write_run(tmp_path / "a" / "r", 1, "interrupted")
    write_run(tmp_path / "b" / "r", 1, "finished")
    item = item_of(tmp_path, trial(TrialState.FINISHED), tmp_path / "a", tmp_path / "b")
    assert item.directory is not None and item.directory.path.parent.name == "b"


@pytest.mark.parametrize(
    ("record", "facts", "presence"),
    [
        (trial(TrialState.RUNNING, agent="a"), {}, Presence.RUNNING),
        (trial(TrialState.RUNNING, agent="a"), {"dead_agents": frozenset("a")}, Presence.HERE),
        (trial(TrialState.WAITING), {"is_worked_on": True}, Presence.RUNNING),
        (trial(TrialState.WAITING), {}, Presence.HERE),
        (trial(TrialState.FINISHED), {"is_worked_on": True}, Presence.HERE),
    ],
)
def test_what_may_still_go_on_is_left(
    tmp_path: Path, record: TrialRecord, facts: dict[str, Any], presence: Presence
) -> None:
    write_run(tmp_path / "r", 2, "finished" if record.state.is_over else None)
    assert item_of(tmp_path, record, **facts).presence is presence


def test_the_ledger_that_knows_more_of_a_trial_counts(tmp_path: Path) -> None:
    write_run(tmp_path / "r", 2)
    old, new = trial(TrialState.WAITING, attempts=1), trial(TrialState.CRASHED, attempts=2, reason="died")
    for order in ((old, new), (new, old)):
        situations = [Situation(SWEEP, [record]) for record in order]
        (item,) = items_of(situations, Folders([tmp_path], []), from_ledger=False)
        assert item.ending is not None and (item.ending.status, item.ending.reason) == ("crashed", "died")
        assert item.ending.summary["best"] == HISTORY[1]


THERE = RemoteRun("finished", "abc", rows=2, last_step=2, status="finished", reason=None, source=None)
HERE = Item("r", "r", Presence.HERE, ending=Ending("finished"), rows=2)


@pytest.mark.parametrize(
    ("there", "item", "remote", "complete"),
    [
        (THERE, HERE, REMOTE, True),
        (THERE, HERE, None, True),
        (None, HERE, REMOTE, False),
        (replace(THERE, rows=1), HERE, REMOTE, False),
        (replace(THERE, rows=3), HERE, REMOTE, True),
        (replace(THERE, state="running"), HERE, REMOTE, False),
        (replace(THERE, state="crashed"), HERE, REMOTE, False),
        (replace(THERE, status=None), HERE, REMOTE, False),
        (replace(THERE, status="stopped"), HERE, REMOTE, False),
        (replace(THERE, reason="old"), HERE, REMOTE, False),
        (replace(THERE, sweep_id=None), HERE, REMOTE, False),
        (replace(THERE, sweep_id=None), HERE, None, True),
        (replace(THERE, source="ledger"), HERE, REMOTE, False),
        (replace(THERE, source="ledger"), replace(HERE, presence=Presence.LEDGER), REMOTE, True),
        (replace(THERE, state="failed", status="failed"), replace(HERE, ending=Ending("failed")), None, True),
        (replace(THERE, status="failed"), replace(HERE, ending=Ending("failed")), None, False),
        (
            replace(THERE, state="killed", status="crashed"),
            replace(HERE, ending=Ending("crashed")),
            None,
            True,
        ),
        (THERE, replace(HERE, ending=None), REMOTE, False),
    ],
)
def test_what_the_server_has_completely(
    there: RemoteRun | None, item: Item, remote: RemoteSweep | None, complete: bool
) -> None:
    assert is_complete(item, there, remote) is complete


@pytest.mark.parametrize(
    ("told", "complete"),
    [
        (TrackingState("online", sent=False, problem="samples: refused"), False),
        (TrackingState("online", sent=True), True),
        (TrackingState("offline"), True),
        (None, True),
    ],
)
def test_pictures_that_were_lost_on_the_way_are_sent_again(
    tmp_path: Path, told: TrackingState | None, complete: bool
) -> None:
    directory = write_run(tmp_path / "r", 2, "finished")
    if told is not None:
        directory.write_tracking(told)
    assert is_complete(replace(HERE, directory=directory), THERE, REMOTE) is complete


def test_runs_of_wandbs_own_engine_go_to_their_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ledger knows them: they say themselves where they belong."""
    with serving(monkeypatch) as server:
        raw = {"method": "random", "parameters": dict(LINE)}
        remote = register(raw, entity=None, project="theirs", name=None, custom=False)
        for name in ("a", "b"):
            write_run(tmp_path / name, 2, "finished", remote_sweep=remote)
        write_run(tmp_path / "c", 2, "finished", remote_sweep=replace(remote, sweep_id="another"))
        assert "2 sent (4 rows)" in send(remote.sweep_id, tmp_path)
        assert "2 already there" in send(remote.path, tmp_path)
        assert "1 already there" in send("a", tmp_path)
        assert {run.sweep for run in server.runs.values()} == {remote.sweep_id}
        assert server.sweeps[remote.sweep_id].state == "RUNNING", "W&B decides when its sweep is over"
        del server.store.sweeps[remote.sweep_id]
        with pytest.raises(UserError, match="does not have it any more"):
            send(remote.sweep_id, tmp_path)
        monkeypatch.setenv("WANDB_BASE_URL", "http://localhost:1")
        with pytest.raises(UserError, match=f"at {server.url}; set WANDB_BASE_URL"):
            send(remote.sweep_id, tmp_path)


def test_a_folder_that_may_not_be_written_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = write_run(tmp_path / "r", 2, "finished")
    (directory.path / ".sync.lock").mkdir()
    with serving(monkeypatch):
        assert "1 sent" in send("r", tmp_path)


def test_a_damaged_run_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch) as server:
        remote = register({"method": "random", "parameters": dict(LINE)}, entity=None, project="p",
                          name=None, custom=False)  # fmt: skip
        for name in ("a", "b"):
            write_run(tmp_path / name, 2, "finished", remote_sweep=remote)
        (tmp_path / "a" / "history.jsonl").write_text('{"loss": 1}\n')
        with pytest.raises(
            Exception, match=r"1 of 2 runs were not sent: cannot be sent: .*history.jsonl:1 has no whole"
        ):
            send(remote.sweep_id, tmp_path)
        assert server.runs["b"].state == "finished"


def test_folders_are_checked(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        Folders([tmp_path / "need not exist"], [tmp_path / "must"])
    write_run(tmp_path / "r", 1)
    assert [one.path for one in Folders([], [tmp_path, tmp_path / "r"]).runs("r")] == [tmp_path / "r"]


def test_a_terminal_gets_a_bar_and_the_same_lines() -> None:
    out = io.StringIO()
    display = Display(Console(file=out, force_terminal=True, width=100, highlight=False))
    item = Item("r", "trial 7 (r)", Presence.HERE)
    with display.counting(3):
        display.take(Outcome(item, Kind.SENT, "sent 2 rows"))
        display.take(Outcome(item, Kind.REFUSED, "refused: [no]"))
    assert "1/3  trial 7 (r): sent 2 rows" in out.getvalue() and "refused: [no]" in out.getvalue()
    assert "sending" in out.getvalue()


def test_counts() -> None:
    item = Item("r", "r", Presence.HERE)
    sent = Outcome(item, Kind.SENT, "", Replayed(rows=1200, images=50))
    outcomes = [sent, sent, Outcome(item, Kind.THERE, ""), Outcome(item, Kind.REFUSED, "")]
    assert counts(outcomes) == "2 sent (2,400 rows, 100 images), 1 already there, 1 refused"
    assert counts([]) == "nothing to send"


@pytest.mark.parametrize("is_known", [True, False])
def test_the_run_of_a_network_from_the_ledger(tmp_path: Path, is_known: bool) -> None:
    """Its config is composed again, or, where its choices are no more, has the swept parameters alone."""
    choice = "sgd" if is_known else "newton"
    text = yaml.safe_dump({"method": "random", "parameters": {"optimizer": {"values": ["adam", choice]}}})
    sweep = replace(
        SWEEP, function=None, yaml=text, metric="val/loss", options={"watch_overrides": ["run.tags=[t]"]}
    )
    matrix = {"labels": ["cat", "dog"], "counts": [[1, 2], [3, 4]]}
    record = replace(
        trial(TrialState.FINISHED, started=datetime(2026, 1, 2, tzinfo=UTC), summary={"name": "lost"}),
        point={"optimizer": choice},
        overrides=(f"optimizer={choice}", "epochs=2"),
    )
    ending = Ending("finished", None, {"best": HISTORY[1], "name": "lost", "confusion_matrix": matrix})
    directory = write_directory(tmp_path, sweep, record, ending)
    run, config = directory.read_description(), directory.read_config()
    assert run is not None and config is not None
    assert (run.run_id, run.group, run.sweep_id, run.trial) == ("r", "s", "s", 0)
    assert run.started == datetime(2026, 1, 2, tzinfo=UTC).timestamp()
    assert config["swatch_source"] == "ledger"
    assert directory.read_history() == HISTORY and directory.read_confusion_matrix() == {
        "name": "val/confusion_matrix",
        **matrix,
    }
    summary = directory.read_summary()
    assert summary is not None and (summary["status"], summary["best"]) == ("finished", HISTORY[1])
    if is_known:
        assert (config["epochs"], run.name, list(run.tags), run.job_type) == (2, "sgd", ["t"], "train")
        assert config["optimizer"]["_target_"].endswith("SGD")
    else:
        assert (config["optimizer"], config["seed"], run.name) == ("newton", 0, "lost")
