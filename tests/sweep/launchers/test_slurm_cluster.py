"""Sweeps on a real Slurm cluster: its own daemons, queue and signals."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from process_cases import (
    command,
    finish,
    press_ctrl_c,
    started,
    trials_of,
    wait_for,
    wait_for_reports,
    write_function_sweep,
)
from slurm_cluster import NODES, SlurmCluster, slurm_cluster

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("slurm"), pytest.mark.timeout(180)]
HERE = ("--launcher", "slurm", "launcher.one_host=true", "launcher.poll_seconds=0.5")


@pytest.fixture(scope="module")
def running() -> Iterator[SlurmCluster]:
    with slurm_cluster() as cluster:
        yield cluster


@pytest.fixture
def slurm(running: SlurmCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlurmCluster]:
    """The cluster without jobs, and a sweep to run on it in the test's folder."""
    monkeypatch.setenv("SLURM_CONF", str(running.configuration))
    write_function_sweep(tmp_path)
    yield running
    running.wait_until_idle()


def test_jobs_on_both_nodes_finish_a_sweep(slurm: SlurmCluster, tmp_path: Path) -> None:
    before = len(slurm.states())
    with started(command(*HERE, count=4), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 4
    wait_for(lambda: slurm.states()[before:] == ["COMPLETED"] * 2, "the end of the jobs")
    assert sorted(slurm.nodes_of_jobs()[before:]) == list(NODES)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "died (job {}: CANCELLED)"),
        # As Slurm does when a job's time is nearly up.
        (
            ("--batch", "--signal=TERM"),
            "was told to leave (job {}: exit code 130); another takes its place",
        ),
    ],
    ids=["cancelled", "time-is-up"],
)
def test_the_trial_of_a_job_that_has_to_leave_goes_on_in_another(
    slurm: SlurmCluster, tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    with started(command(*HERE), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        job = slurm.jobs("RUNNING")[0]
        slurm.cancel(job, *options)
        wait_for(lambda: job not in slurm.jobs("RUNNING"), "the end of the job")
        wait_for(lambda: len(slurm.jobs("RUNNING")) == 2, "another job")
        wait_for_reports(tmp_path, 2)
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert told.format(job) in err
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


def test_ctrl_c_ends_the_jobs_also_those_that_wait(slurm: SlurmCluster, tmp_path: Path) -> None:
    with started(command(*HERE, agents=3), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        wait_for(lambda: len(slurm.jobs("PENDING")) == 1, "the third job")
        press_ctrl_c(process)
        code, _, err = finish(process)
    assert code == 130, err
    assert slurm.jobs("RUNNING,PENDING") == []
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["waiting", "waiting"]
    (tmp_path / "go").touch()
    goes_on = [*(sys.executable, "-m", "swatch", "sweep", "--resume", "s"), "--tracking", "disabled"]
    with started(goes_on, tmp_path) as process:
        code, _, err = finish(process)
    assert code == 0, err
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


def test_a_lost_node_gives_its_trial_back(slurm: SlurmCluster, tmp_path: Path) -> None:
    with started(command(*HERE), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        slurm.lose(NODES[0])
        try:
            (tmp_path / "go").touch()
            # Slurm takes half a minute to miss a node.
            process.wait(150)
            code, _, err = finish(process)
        finally:
            slurm.start_node(NODES[0])
    assert code == 0, err
    trials = trials_of(tmp_path)
    assert [trial.state.value for trial in trials] == ["finished"] * 3
    assert sorted(trial.attempts for trial in trials) == [1, 1, 2]
    assert "NODE_FAIL" in err


def test_a_sweep_outlives_a_silence_of_slurm(slurm: SlurmCluster, tmp_path: Path) -> None:
    with started(command(*HERE, count=4), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        slurm.stop_controller()
        (tmp_path / "go-0").touch()
        wait_for(lambda: trials_of(tmp_path)[0].state.value == "finished", "a trial")
        slurm.start_controller()
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert [trial.attempts for trial in trials_of(tmp_path)] == [1] * 4


def test_sbatchs_refusal_is_shown_in_its_words(slurm: SlurmCluster, tmp_path: Path) -> None:
    with started(command(*HERE, "launcher.partition=nowhere"), tmp_path) as process:
        code, _, err = finish(process)
    assert code == 2
    assert err.splitlines()[-1] == (
        "swatch: sbatch refused an agent's job: invalid partition specified: nowhere "
        "Batch job submission failed: Invalid partition name specified"
    )
