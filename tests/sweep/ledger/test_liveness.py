"""Who lives: asked by pid on this machine, seen by the beat on others."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import pytest

from swatch.sweep.ledger import liveness
from swatch.sweep.ledger.liveness import LivenessWatch, ProcessRecord, process_start, runs_here, this_machine

HERE = ProcessRecord("a", this_machine(), "host", os.getpid(), process_start(os.getpid()), 0)
HOST, BOOT, NAMESPACE = this_machine().split(" ")
ELSEWHERE = dataclasses.replace(HERE, machine=f"{HOST} another-boot {NAMESPACE}")


def test_this_process_lives_and_a_later_one_of_its_pid_is_another() -> None:
    assert LivenessWatch().dead([HERE]) == []
    earlier = dataclasses.replace(HERE, process="1")
    assert LivenessWatch().dead([earlier]) == [earlier]


def test_a_killed_process_is_dead_at_once_even_before_its_parent_looks() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = process_start(process.pid)
    assert runs_here(process.pid, started)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not runs_here(process.pid, started), "a zombie does no work"
    process.wait()
    assert not runs_here(process.pid, started)


def test_another_users_process_that_proc_hides_counts_as_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError

    beyond_all_pids = 2**22 + 1
    assert not runs_here(beyond_all_pids, "1")
    monkeypatch.setattr(liveness.os, "kill", refuse)
    assert runs_here(beyond_all_pids, "1")


def test_of_another_machine_only_the_beat_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(liveness.time, "monotonic", lambda: now)
    watch = LivenessWatch(lease=60)
    assert watch.dead([ELSEWHERE]) == []
    now = 59.0
    beating = dataclasses.replace(ELSEWHERE, beat=1)
    assert watch.dead([beating]) == []
    now = 118.0
    assert watch.dead([beating]) == []
    now = 119.0
    assert watch.dead([beating]) == [beating]


def test_what_ran_before_the_last_boot_is_dead_if_there_is_one_machine() -> None:
    assert LivenessWatch(one_machine=True).dead([ELSEWHERE]) == [ELSEWHERE]
    assert LivenessWatch(one_machine=True).dead([HERE]) == []
