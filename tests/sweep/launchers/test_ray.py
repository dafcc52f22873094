"""Sweeps whose agents are actors of a real Ray cluster: two nodes of one core each, on this host."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
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

pytest.importorskip("ray", reason="the package ray is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    made = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}, connect=False
    )
    try:
        yield made
    finally:
        made.shutdown()


@pytest.fixture
def here(cluster: Any) -> Iterator[tuple[str, ...]]:
    """Return the options for a sweep on the two nodes; the second one is new for each test."""
    node = cluster.add_node(num_cpus=1)
    try:
        yield ("--launcher", "ray", f"launcher.address={cluster.address}", "launcher.one_host=true")
    finally:
        if node in cluster.list_all_nodes():
            cluster.remove_node(node)


def agent_processes(where: Path) -> list[int]:
    """Return the ids of the processes that are agents of the sweep ``s`` of a folder."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            # Other tests, which may run at the same time, have sweeps of this name too.
            is_here = (folder / "cwd").resolve() == where.resolve()
        except OSError:
            continue
        if is_here and words[1:5] == [b"-m", b"swatch", b"agent", b"s"]:
            found.append(int(folder.name))
    return found


def test_two_agents_finish_a_sweep_while_a_third_waits_for_a_core(
    here: tuple[str, ...], tmp_path: Path
) -> None:
    write_function_sweep(tmp_path)
    with started(command(*here, count=4, agents=3), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert "Ray" not in err and "ray" not in err, "what Ray has to tell is not for the user"
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 4
    assert len({trial.agent for trial in trials_of(tmp_path)}) == 2
    assert not agent_processes(tmp_path)


def test_a_killed_agents_trial_is_finished_by_another(here: tuple[str, ...], tmp_path: Path) -> None:
    write_function_sweep(tmp_path)
    with started(command(*here), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        os.kill(agent_processes(tmp_path)[0], signal.SIGKILL)
        wait_for(lambda: any(trial.attempts == 2 for trial in trials_of(tmp_path)), "another agent")
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert "killed by SIGKILL); trial " in err
    assert sorted(trial.attempts for trial in trials_of(tmp_path)) == [1, 1, 2]
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


def test_the_trial_of_a_lost_node_is_finished_by_what_is_left(
    cluster: Any, here: tuple[str, ...], tmp_path: Path
) -> None:
    write_function_sweep(tmp_path)
    with started(command(*here), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        (lost,) = set(cluster.list_all_nodes()) - {cluster.head_node}
        cluster.remove_node(lost, allow_graceful=False)
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


def test_ctrl_c_has_the_agents_save_and_leave_and_the_sweep_goes_on_later(
    here: tuple[str, ...], tmp_path: Path
) -> None:
    write_function_sweep(tmp_path)
    with started(command(*here), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        agents = agent_processes(tmp_path)
        press_ctrl_c(process)
        code, _, err = finish(process)
    assert code == 130, err
    assert len(agents) == 2 and not any(is_alive(agent) for agent in agents)
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["waiting", "waiting"]
    (tmp_path / "go").touch()
    goes_on = [*(sys.executable, "-m", "swatch", "sweep", "--resume", "s"), "--tracking", "disabled"]
    with started(goes_on, tmp_path) as process:
        code, _, err = finish(process)
    assert code == 0, err
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


def test_the_agents_of_a_dead_controller_end_and_the_same_command_goes_on(
    here: tuple[str, ...], tmp_path: Path
) -> None:
    write_function_sweep(tmp_path)
    with started(command(*here), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        process.kill()
        wait_for(lambda: not agent_processes(tmp_path), "the end of the agents")
    (tmp_path / "go").touch()
    with started(command(*here), tmp_path) as process:
        code, _, err = finish(process)
    assert code == 0, err
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


def test_without_a_cluster_the_sweep_says_what_to_do(tmp_path: Path) -> None:
    write_function_sweep(tmp_path)
    words = ("--launcher", "ray", "launcher.one_host=true", "launcher.address=127.0.0.1:1")
    with started(command(*words), tmp_path) as process:
        code, _, err = finish(process)
    assert code == 2
    last = err.splitlines()[-1]
    assert last.startswith(
        "swatch: --launcher ray: no cluster of Ray at 127.0.0.1:1 can be used: Connection refused."
    )
    assert last.endswith("or launcher.address=local.")
    assert "Traceback" not in err
