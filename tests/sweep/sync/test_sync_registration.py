"""A sweep is registered once, however often and by however many processes it is sent."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sync_cases import send, serving, sweep_offline

from swatch.errors import UserError
from swatch.sweep.ledger import Ledger, sqlite_url
from swatch.sweep.ledger.liveness import process_start, this_machine
from swatch.sweep.sync import claim as claims
from swatch.sweep.sync.claim import CLAIM, registering
from swatch.tracking.graphql import NoAnswer, Refused
from swatch.tracking.registration import registrations


def ledger_in(home: Path) -> Ledger:
    return Ledger(sqlite_url(home / "sweeps" / "s" / "study.db"))


def claim_of(pid: int) -> dict[str, object]:
    return {"machine": this_machine(), "pid": pid, "process": process_start(pid)}


def test_a_registration_whose_answer_was_lost_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep_offline(tmp_path)
    with serving(monkeypatch) as server:
        server.drop(where="upsertSweep", after=True, times=1)
        with pytest.raises(UserError, match=r"does not answer.*nothing was sent"):
            send("s", tmp_path)
        (sweep,) = server.sweeps
        send("s", tmp_path)
        assert list(server.sweeps) == [sweep]
        assert {run.sweep for run in server.runs.values()} == {sweep}
        (remote,) = registrations(ledger_in(tmp_path).sweep("s").options)
        assert remote.path == f"someone/swatch/{sweep}"


def test_an_equal_sweep_of_somebody_else_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a lost answer of our own makes an empty sweep of the same name ours."""
    for name in ("ours", "theirs"):
        sweep_offline(tmp_path / name)
    with serving(monkeypatch) as server:
        server.fail(where="upsertBucket", status=403)
        with pytest.raises(Exception, match="not sent"):
            send("s", tmp_path / "theirs")
        server.heal()
        send("s", tmp_path / "ours")
        assert len(server.sweeps) == 2


def test_copies_of_a_ledger_find_the_sweep_by_its_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy"
    trials = sweep_offline(home)
    shutil.copytree(home, copy)
    with serving(monkeypatch) as server:
        send("s", home)
        assert f"{len(trials)} already there" in send("s", copy)
        assert len(server.sweeps) == 1


def test_a_sweep_that_somebody_deleted_gets_a_new_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep_offline(tmp_path)
    with serving(monkeypatch) as server:
        send("s", tmp_path)
        (old,) = server.sweeps
        del server.store.sweeps[old]
        for run in server.runs.values():
            run.sweep = None
        said = send("s", tmp_path)
        (new,) = server.sweeps
        assert f"/sweeps/{old} is no more" in said and new != old
        assert {run.sweep for run in server.runs.values()} == {new}


def test_another_project_gets_the_sweep_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = sweep_offline(tmp_path, project="mine")
    with serving(monkeypatch) as server:
        send("s", tmp_path)
        said = send("s", tmp_path, project="other")
        assert "(also: " in said and f"{len(trials)} sent" in said
        assert sorted(sweep.project for sweep in server.sweeps.values()) == ["mine", "other"]
        assert f"{len(trials)} already there" in send("s", tmp_path, project="mine")


def test_who_comes_second_waits_and_takes_what_the_first_one_got(tmp_path: Path) -> None:
    sweep_offline(tmp_path)
    ledger, order = ledger_in(tmp_path), []
    ledger.update_sweep("s", options={CLAIM: claim_of(os.getppid())})

    def second() -> None:
        with registering(ledger_in(tmp_path), "s") as claim:
            order.append(("second", claim.is_taken_over))

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.5)
    order.append(("first ends", False))
    ledger.update_sweep("s", options={CLAIM: None})
    thread.join()
    assert order == [("first ends", False), ("second", False)]
    assert ledger.sweep("s").options[CLAIM] is None


def test_the_claim_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    sweep_offline(tmp_path)
    ledger = ledger_in(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as dead:
        entry = claim_of(dead.pid)
        dead.communicate(b"\n")
    ledger.update_sweep("s", options={CLAIM: entry})
    with registering(ledger, "s") as claim:
        assert claim.is_taken_over
    with registering(ledger, "s") as claim:
        assert not claim.is_taken_over


def test_claims_of_others_are_respected_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep_offline(tmp_path)
    ledger = ledger_in(tmp_path)
    monkeypatch.setattr(claims, "LEASE_SECONDS", 0.4)
    ledger.update_sweep("s", options={CLAIM: claim_of(os.getppid())})
    with pytest.raises(UserError, match=f"process {os.getppid()} is registering"), registering(ledger, "s"):
        pytest.fail("the process lives")
    ledger.update_sweep("s", options={CLAIM: {**claim_of(1), "machine": "elsewhere boot namespace"}})
    with registering(ledger, "s") as claim:
        assert claim.is_taken_over


@pytest.mark.parametrize(
    ("error", "is_open"),
    [(Refused("no", 403), False), (Refused("oops", 500), True), (NoAnswer("silence"), True)],
)
def test_whether_a_failed_registration_leaves_doubt(tmp_path: Path, error: Exception, is_open: bool) -> None:
    sweep_offline(tmp_path)
    ledger = ledger_in(tmp_path)
    with pytest.raises(type(error)), registering(ledger, "s"):
        raise error
    assert (ledger.sweep("s").options[CLAIM] is not None) is is_open


@pytest.mark.slow
def test_two_processes_at_once_share_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = sweep_offline(tmp_path / "runs")
    with serving(monkeypatch) as server:
        server.slow(0.5, where="upsertSweep")
        command = [sys.executable, "-m", "swatch", "sync", "s"]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        said = [process.communicate(timeout=60)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert len(server.sweeps) == 1 and len(server.runs) == len(trials)
        assert all(run.starts == 1 for run in server.runs.values())
        assert "".join(said).count("registered: ") == 1
        assert [sweep.state for sweep in server.sweeps.values()] == ["FINISHED"]
        for trial in trials:
            assert json.loads((tmp_path / "runs" / trial.run_id / "tracking.json").read_text())["sent"]
