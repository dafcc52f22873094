"""``swatch sync``: an offline sweep arrives whole, in the right sweep, in the right state, and once."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest
from sync_cases import (
    api_runs,
    history_of,
    rows_of,
    send,
    serving,
    summary_of,
    sweep_offline,
    writes,
)

from swatch.errors import RunFailed, UserError
from swatch.sweep.records import TrialState
from wandb_server import KEY


def test_an_offline_sweep_is_the_same_on_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = sweep_offline(tmp_path)
    assert {trial.state for trial in trials} == {
        TrialState.FINISHED,
        TrialState.STOPPED,
        TrialState.FAILED,
    }
    with serving(monkeypatch) as server:
        said = send("s", tmp_path)
        (sweep,) = server.sweeps.values()
        assert sweep.state == "FINISHED"
        assert sweep.config["method"] == "custom" and "early_terminate" not in sweep.config
        assert sweep.config["parameters"].keys() == {"optimizer.rate", "note", "sizes"}
        assert said.splitlines()[-1].startswith(f"{len(trials)} sent")
        assert said.splitlines()[-1].endswith(f"/someone/swatch/sweeps/{sweep.id}")
        found = api_runs(server)
        assert found.keys() == {trial.run_id for trial in trials}
        for trial in trials:
            one, directory = found[trial.run_id], tmp_path / trial.run_id
            own = summary_of(directory)
            assert one.sweep.id == sweep.id
            assert one.state == ("failed" if trial.state is TrialState.FAILED else "finished")
            assert one.config == {
                "optimizer": {"rate": trial.point["optimizer.rate"]},
                "note": "a b=[c] é",
                "sizes": [3, 4],
                "seed": 0,
            }
            assert rows_of(one) == history_of(directory)
            assert one.summary["status"] == own["status"] == trial.state.value
            assert one.summary.get("reason") == own["reason"]
            assert one.summary["loss"] == trial.objective
            assert one.summary["epochs"] == len(trial.history)
            took = (
                rows_of(one)[-1]["_timestamp"] - json.loads((directory / "run.json").read_text())["started"]
            )
            assert one.summary["_runtime"] == pytest.approx(took, abs=1.5)
            told = json.loads((directory / "tracking.json").read_text())
            assert (told["sent"], told["sweep_id"]) == (True, sweep.id)


def test_what_is_there_is_not_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = sweep_offline(tmp_path)
    with serving(monkeypatch) as server:
        send("s", tmp_path)
        counted = {trial.run_id: writes(server, trial.run_id) for trial in trials}
        said = send("s", tmp_path)
        assert f"{len(trials)} already there" in said and "sent" not in said
        assert {trial.run_id: writes(server, trial.run_id) for trial in trials} == counted
        assert f"{len(trials)} sent" in send("s", tmp_path, again=True)
        assert len(server.sweeps) == 1 and len(server.runs) == len(trials)
        assert all(rows_of(one) == history_of(tmp_path / name) for name, one in api_runs(server).items())


def test_runs_that_arrived_in_part_are_sent_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that was lost, a run outside of its sweep, a run that somebody removed."""
    trials = sweep_offline(tmp_path)
    with serving(monkeypatch) as server:
        send("s", tmp_path)
        cut_off, alone, silent, intact = (server.runs[trial.run_id] for trial in trials[:4])
        del cut_off.streams["wandb-history.jsonl"][2:]
        alone.sweep = None
        silent.state, silent.summary = "crashed", {"loss": 0.3}
        removed = trials[4].run_id
        del server.store.runs["someone", "swatch", removed]
        said = send("s", tmp_path)
        for run_id in (cut_off.id, alone.id, silent.id, removed):
            assert f"({run_id}): sent" in said
        assert f"({intact.id}): already there" in said
        (sweep,) = server.sweeps.values()
        assert len(server.runs) == len(trials)
        for run_id, one in api_runs(server).items():
            assert rows_of(one) == history_of(tmp_path / run_id)
            assert (one.sweep_name, one.summary["status"]) == (
                sweep.id,
                summary_of(tmp_path / run_id)["status"],
            )


def test_a_server_that_fails_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = sweep_offline(tmp_path)
    with serving(monkeypatch) as server:

        def break_down() -> None:
            # The second begins when the first is known to have arrived.
            server.wait(lambda: sum(run.state == "finished" for run in server.runs.values()) == 2)
            server.revoke_key()

        breaking = threading.Thread(target=break_down)
        breaking.start()
        with pytest.raises(RunFailed, match=r"\d of 5 runs were not sent: .*HTTP 401") as failure:
            send("s", tmp_path, jobs=1)
        breaking.join()
        assert "the same command" in str(failure.value) and KEY not in str(failure.value)
        server.heal()
        said = send("s", tmp_path)
        assert "already there" in said and "sent" in said
        assert len(server.sweeps) == 1 and len(server.runs) == len(trials)
        assert all(rows_of(one) == history_of(tmp_path / name) for name, one in api_runs(server).items())


def test_a_refusal_in_passing_is_tried_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = sweep_offline(tmp_path)
    with serving(monkeypatch) as server:
        server.fail(status=403, where="upsertBucket", times=1)
        said = send("s", tmp_path)
        assert said.count("it is tried once more at the end") == 1
        assert f"{len(trials)} sent" in said
        assert {run.state for run in server.runs.values()} == {"finished", "failed"}


def test_a_server_that_takes_nothing_is_left_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = sweep_offline(tmp_path)
    with serving(monkeypatch) as server:
        server.fail(status=403, where="upsertBucket")
        with pytest.raises(RunFailed, match=f"took none of the last {len(trials)} runs .*permission denied"):
            send("s", tmp_path)
        told = [json.loads((tmp_path / trial.run_id / "tracking.json").read_text()) for trial in trials]
        assert not any(state["sent"] for state in told)
        assert all("permission denied" in state["problem"] for state in told)
        server.heal()
        assert f"{len(trials)} sent" in send("s", tmp_path)


def test_one_run_of_a_sweep_becomes_its_member_if_the_sweep_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = sweep_offline(tmp_path)
    with serving(monkeypatch) as server:
        said = send(trials[0].run_id, tmp_path)
        assert "`swatch sync s` makes it a member" in said
        assert said.splitlines()[-1].endswith(f"/someone/swatch/runs/{trials[0].run_id}")
        assert server.sweeps == {} and server.runs[trials[0].run_id].sweep is None
        send("s", tmp_path)
        (sweep,) = server.sweeps
        assert server.runs[trials[0].run_id].sweep == sweep
        del server.store.runs["someone", "swatch", trials[1].run_id]
        # Named by its folder this time.
        assert "1 sent" in send(str(tmp_path / trials[1].run_id), tmp_path / "elsewhere")
        assert server.runs[trials[1].run_id].sweep == sweep


def test_runs_come_from_the_folders_of_several_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, node, stick = tmp_path / "home", tmp_path / "node" / "runs", tmp_path / "stick"
    first, second, third, *rest = sweep_offline(home)
    node.mkdir(parents=True)
    shutil.move(home / first.run_id, node / first.run_id)
    shutil.move(home / second.run_id, stick)  # renamed, too
    shutil.rmtree(home / third.run_id)
    with serving(monkeypatch) as server:
        said = send("s", home, folders=(tmp_path / "node",))
        assert said.count("not on this machine\n") == 3
        assert f"--from {tmp_path / 'node'}: nothing of it lies there" in said
        (sweep,) = server.sweeps.values()
        assert sweep.state == "RUNNING"
        assert "2 sent" in send("s", home, folders=(node, stick))
        said = send("s", home)
        assert f"({first.run_id}): already there" in said, "though its folder is not here"
        assert f"({third.run_id}): not on this machine" in said
        assert "1 sent" in send("s", home, from_ledger=True)
        assert server.sweeps[sweep.id].state == "FINISHED"
        lost = server.runs[third.run_id]
        assert lost.config == {**server.runs[first.run_id].config, **lost.config}
        assert [row["loss"] for row in lost.history] == [record["loss"] for record in third.history]
        assert (lost.summary["status"], lost.state) == (third.state.value, "finished")
        assert len(server.runs) == 3 + len(rest)


def test_what_the_ledger_knew_is_replaced_by_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = sweep_offline(tmp_path)[0]
    shutil.move(tmp_path / trial.run_id, tmp_path / "found")
    with serving(monkeypatch) as server:
        send("s", tmp_path, from_ledger=True)
        assert server.runs[trial.run_id].config["swatch_source"] == "ledger"
        assert "1 sent" in send("s", tmp_path, folders=(tmp_path / "found",))
        assert "swatch_source" not in server.runs[trial.run_id].config


def test_the_ledgers_of_machines_that_could_not_meet_become_one_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    homes = (tmp_path / "a", tmp_path / "b")
    # Asked for another number of trials it is the same sweep.
    trials = [*sweep_offline(homes[0]), *sweep_offline(homes[1], run_cap=9)]
    with serving(monkeypatch) as server:
        assert f"{len(trials)} sent" in send("s", homes[0], folders=homes[1:])
        assert len(server.sweeps) == 1 and len(server.runs) == len(trials)
        assert f"{len(trials) // 2} already there" in send("s", homes[1])


def test_different_sweeps_of_one_name_are_not_mixed(tmp_path: Path) -> None:
    sweep_offline(tmp_path / "a")
    sweep_offline(tmp_path / "b", description="another")
    with pytest.raises(UserError, match="made from different YAMLs"):
        send("s", tmp_path / "a", folders=(tmp_path / "b",))
