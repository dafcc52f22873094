"""Sweeps whose agents are jobs of Slurm: programs of the tests' own stand for Slurm's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from postgresql_server import PASSWORD, postgresql
from process_cases import (
    command,
    finish,
    is_alive,
    press_ctrl_c,
    started,
    trials_of,
    wait_for,
    wait_for_reports,
    write_function_sweep,
)
from slurm_programs import FakeSlurm, slurm

from swatch.errors import UserError
from swatch.sweep.launchers.base import LOST
from swatch.sweep.launchers.slurm import SlurmLauncher, job_options, job_script
from swatch.sweep.launchers.slurm_options import seconds_of
from swatch.sweep.launchers.slurm_queue import SlurmQueue
from swatch.sweep.network.network import launcher

__all__ = ["slurm"]
HERE = ("--launcher", "slurm", "launcher.one_host=true", "launcher.poll_seconds=0.2")


def end_of(queue: SlurmQueue, job: str) -> tuple[str, int]:
    """Wait for a job's end; returns it in words, and its code."""
    wait_for(lambda: queue.end(job) is not None, f"the end of job {job}")
    end = queue.end(job)
    assert end is not None
    return str(end), end.code


def submit(queue: SlurmQueue, folder: Path, script: str) -> str:
    return queue.submit([f"--output={folder / 'log'}"], f"#!/bin/bash\n{script}\n", dict(os.environ))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exit 0", ("COMPLETED", 0)),
        ("exit 3", ("exit code 3", 3)),
        ("kill -KILL $$", ("killed by SIGKILL", -9)),
        ("echo TIMEOUT | tr -d '\\n' >$(dirname $0)/lost; exit 1", ("TIMEOUT", LOST)),
    ],
)
def test_how_a_job_ended_is_known_without_accounting(
    slurm: FakeSlurm, tmp_path: Path, script: str, expected: tuple[str, int]
) -> None:
    queue = SlurmQueue(0.05)
    assert end_of(queue, submit(queue, tmp_path, script)) == expected


def test_a_job_that_slurm_forgot_has_ended_and_one_that_it_does_not_tell_of_has_not(
    slurm: FakeSlurm, tmp_path: Path
) -> None:
    queue = SlurmQueue(0.0)
    job = submit(queue, tmp_path, "exit 0")
    wait_for(lambda: slurm.states() == ["COMPLETED"], "the job's end")
    (slurm.folder / "silent").touch()
    assert queue.end(job) is None
    (slurm.folder / "silent").unlink()
    slurm.jobs()[0].rename(slurm.folder / "forgotten")
    assert end_of(queue, job) == ("Slurm has forgotten it", LOST)


def test_a_job_that_waits_is_taken_out_of_the_queue(slurm: FakeSlurm, tmp_path: Path) -> None:
    (slurm.folder / "full").touch()
    queue = SlurmQueue(0.05)
    job = submit(queue, tmp_path, "exit 0")
    queue.stop(job)
    assert end_of(queue, job) == ("CANCELLED", LOST)


def test_the_script_is_the_setup_and_then_the_agent_in_the_shells_place(tmp_path: Path) -> None:
    script = job_script(["module load python", "ulimit -n 4096"], "my sweep")
    assert script.splitlines() == [
        "#!/bin/bash",
        "module load python",
        "ulimit -n 4096",
        f"exec {sys.executable} -m swatch agent 'my sweep'",
    ]


def test_the_options_are_those_of_the_config_and_extra_comes_last(tmp_path: Path) -> None:
    settings = launcher(
        [
            *("launcher=slurm", "launcher.partition=short", "launcher.time='1:30:00'", "launcher.cpus=2"),
            *("launcher.memory=4G", 'launcher.extra=["--qos=low","--nodes=2"]'),
        ]
    )
    options = job_options(settings, "s", tmp_path / "50%.log")
    for option in ("--partition=short", "--time=1:30:00", "--cpus-per-task=2", "--mem=4G", "--no-requeue"):
        assert option in options
    assert f"--output={tmp_path}/50%%.log" in options
    assert not [option for option in options if option.startswith("--account")]
    assert options[-2:] == ["--qos=low", "--nodes=2"]


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        (None, None),
        (90, 5400),
        ("90", 5400),
        ("1:30", 90),
        ("4:00:00", 14_400),
        ("1-6", 108_000),
        ("1-6:30", 109_800),
        ("2-00:00:05", 172_805),
    ],
)
def test_times_are_read_as_sbatch_reads_them(time: int | str | None, seconds: int | None) -> None:
    assert seconds_of(time) == seconds


@pytest.mark.parametrize(("time", "notice"), [(None, 120), (240, 120), (4, 120), (3, 90), ("1:00", 30)])
def test_a_short_job_is_told_to_leave_in_the_middle_of_its_time(
    tmp_path: Path, time: int | str | None, notice: int
) -> None:
    settings = {**launcher(["launcher=slurm"]), "time": time}
    assert f"--signal=B:TERM@{notice}" in job_options(settings, "s", tmp_path / "log")


def test_the_password_is_in_the_jobs_environment_and_nowhere_else(
    slurm: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "1")
    url = "postgresql://me:not-to-be-seen@database/sweeps"
    settings = {**launcher(["launcher=slurm"]), "cpus": 2}
    (slurm.folder / "full").touch()
    SlurmLauncher(settings, "s", url, tmp_path / "logs", {"MORE": "1"}).start()
    (job,) = slurm.jobs()
    for file in job.iterdir():
        assert ("not-to-be-seen" in file.read_text()) == (file.name == "environment"), file
    environment = (job / "environment").read_text()
    assert '"OMP_NUM_THREADS": "2"' in environment and '"MORE": "1"' in environment
    assert "SLURM_MEM_PER_NODE" not in environment
    assert "--export=ALL" in (job / "words").read_text().split()


def test_sbatchs_refusal_is_shown_in_its_words(slurm: FakeSlurm, tmp_path: Path) -> None:
    settings = {**launcher(["launcher=slurm"]), "partition": "nowhere"}
    with pytest.raises(UserError) as caught:
        SlurmLauncher(settings, "s", "sqlite:///x", tmp_path / "logs", {}).start()
    assert str(caught.value) == (
        "sbatch refused an agent's job: invalid partition specified: nowhere Batch job submission failed: "
        "Invalid partition name specified"
    )


def test_two_jobs_finish_a_sweep(slurm: FakeSlurm, tmp_path: Path) -> None:
    write_function_sweep(tmp_path)
    with started(command(*HERE, count=4), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 4
    assert slurm.states() == ["COMPLETED"] * 2


@pytest.mark.slow
def test_a_killed_jobs_trial_is_finished_by_another_job(slurm: FakeSlurm, tmp_path: Path) -> None:
    write_function_sweep(tmp_path)
    with started(command(*HERE), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        victim = trials_of(tmp_path)[0]
        (job,) = [job for job in slurm.jobs() if f'"{victim.agent}"' in (job / "environment").read_text()]
        os.kill(slurm.pid(job), signal.SIGKILL)
        wait_for(lambda: trials_of(tmp_path)[0].attempts == 2, "another job")
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert f"{victim.agent} died (job {job.name}: killed by SIGKILL); trial 0 will be taken up again" in err
    assert [trial.attempts for trial in trials_of(tmp_path)] == [2, 1, 1]
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


def cancel(process: subprocess.Popen[str], folder: Path) -> None:
    words = [sys.executable, "-m", "swatch", "sweep", "--cancel", "s"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "end", [lambda process, folder: press_ctrl_c(process), cancel], ids=["ctrl-c", "cancel"]
)
def test_the_end_of_the_sweep_ends_its_jobs_and_gives_their_trials_back(
    slurm: FakeSlurm, tmp_path: Path, end: Callable[[subprocess.Popen[str], Path], None]
) -> None:
    write_function_sweep(tmp_path)
    with started(command(*HERE), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        pids = [slurm.pid(job) for job in slurm.jobs()]
        end(process, tmp_path)
        code, _, err = finish(process)
    assert code == 130, err
    assert not any(is_alive(pid) for pid in pids)
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["waiting", "waiting"]
    (tmp_path / "go").touch()
    goes_on = [*(sys.executable, "-m", "swatch", "sweep", "--resume", "s"), "--tracking", "disabled"]
    with started(goes_on, tmp_path) as process:
        code, _, err = finish(process)
    assert code == 0, err
    assert len(slurm.jobs()) == 5, "the launcher is still Slurm, with a job for each of the three trials"


@pytest.mark.slow
def test_a_stopped_sweep_lets_its_jobs_finish_without_a_word(slurm: FakeSlurm, tmp_path: Path) -> None:
    write_function_sweep(tmp_path)
    with started(command(*HERE, count=9), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        words = [sys.executable, "-m", "swatch", "sweep", "--stop", "s"]
        subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert "was stopped after 2 of 9 trials" in err and "told to leave" not in err and "died" not in err


@pytest.mark.slow
def test_a_job_that_still_waits_does_not_hold_up_a_sweep_that_is_done(
    slurm: FakeSlurm, tmp_path: Path
) -> None:
    write_function_sweep(tmp_path)
    with started(command(*HERE), tmp_path) as process:
        wait_for_reports(tmp_path, 1)
        wait_for(lambda: len(slurm.jobs()) == 2, "the second job")
        (slurm.folder / "full").touch()
        wait_for_reports(tmp_path, 2)
        os.kill(slurm.pid(slurm.jobs()[1]), signal.SIGKILL)
        wait_for(lambda: len(slurm.jobs()) == 3, "the job in its place")
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert slurm.states() == ["COMPLETED", "FAILED", "CANCELLED"]
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


@pytest.mark.slow
def test_a_refused_job_is_bad_input_and_leaves_a_sweep_that_can_go_on(
    slurm: FakeSlurm, tmp_path: Path
) -> None:
    write_function_sweep(tmp_path)
    with started(command(*HERE, "launcher.partition=nowhere"), tmp_path) as process:
        code, _, err = finish(process)
    assert code == 2
    assert err.splitlines()[-1].startswith("swatch: sbatch refused an agent's job: invalid partition")
    (tmp_path / "go").touch()
    with started(command(*HERE), tmp_path) as process:
        code, _, err = finish(process)
    assert code == 0, err
    assert "is edited" not in err, "where agents run makes no other sweep"


@pytest.mark.slow
def test_a_limit_of_jobs_leaves_those_at_work_that_it_lets_in(slurm: FakeSlurm, tmp_path: Path) -> None:
    write_function_sweep(tmp_path)
    (slurm.folder / "most").write_text("1")
    with started(command(*HERE), tmp_path) as process:
        wait_for_reports(tmp_path, 1)
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    told = "sbatch refused an agent's job: QOSMaxSubmitJobPerUserLimit; going on with 1 agent"
    assert err.count(told) == 1
    assert slurm.states() == ["COMPLETED"]
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


@pytest.mark.slow
def test_the_jobs_of_a_dead_controller_leave(slurm: FakeSlurm, tmp_path: Path) -> None:
    write_function_sweep(tmp_path)
    with started(command(*HERE), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        pids = [slurm.pid(job) for job in slurm.jobs()]
        process.kill()
        wait_for(lambda: not any(is_alive(pid) for pid in pids), "the end of the jobs")
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["waiting", "waiting"]


@pytest.mark.slow
def test_jobs_meet_in_a_server_whose_password_stands_in_no_file_of_theirs(
    slurm: FakeSlurm, tmp_path: Path
) -> None:
    write_function_sweep(tmp_path)
    (tmp_path / "go").touch()
    with postgresql() as server:
        words = ("--launcher", "slurm", "launcher.poll_seconds=0.2", "--storage", server.database())
        with started(command(*words), tmp_path) as process:
            code, out, err = finish(process)
    assert code == 0, err
    assert PASSWORD not in out + err
    files = [path for path in [*(tmp_path / "runs").rglob("*"), *slurm.folder.rglob("*")] if path.is_file()]
    holding = {path.name for path in files if PASSWORD.encode() in path.read_bytes()}
    assert holding == {"environment"}, "which the fake keeps where Slurm keeps it to itself"
