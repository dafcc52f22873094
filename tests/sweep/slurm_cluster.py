"""A real Slurm cluster of the tests' own: two nodes of one machine, in a folder that goes with it."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

NODES = ("n1", "n2")
CORES = 1
"""Of a node: a third job has to wait."""
DAEMONS = ("munged", "slurmctld", "slurmd")
PROGRAMS = ("sbatch", "squeue", "scontrol", "scancel")
START_SECONDS = 60.0

# Without accounting, cgroups and a limit of memory, which want more of a machine than a test may ask for.
CONFIGURATION = """\
ClusterName=swatch
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
KillWait=5
SlurmdTimeout=3
NodeName={names} NodeHostname={host} NodeAddr=127.0.0.1 Port=[{ports}] CPUs={cores} RealMemory=1000
PartitionName=cpu Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class SlurmCluster:
    """A running cluster."""

    def __init__(self, folder: Path) -> None:
        self.configuration = folder / "slurm.conf"
        self._folder = folder

    def start(self) -> None:
        """Start all daemons, and wait until the nodes take jobs."""
        folder = self._folder
        _run(
            *("munged", f"--key-file={folder}/munge.key", f"--socket={folder}/munge.socket", "--force"),
            *(f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log"),
            f"--seed-file={folder}/munge.seed",
        )
        self.start_controller()
        for node in NODES:
            self.start_node(node)
        self.wait_until_idle()

    def states(self) -> list[str]:
        """The states of all jobs of this cluster's life, by number."""
        told = self._told("scontrol", "show", "jobs", "--oneliner")
        found = re.findall(r"^JobId=(\d+).*?\bJobState=(\w+)", told, re.MULTILINE)
        return [state for _, state in sorted(found, key=lambda pair: int(pair[0]))]

    def nodes_of_jobs(self) -> list[str]:
        """The nodes on which they ran, by number; no names of those that never ran."""
        told = self._told("scontrol", "show", "jobs", "--oneliner")
        found = re.findall(r"^JobId=(\d+).*? NodeList=(\S+)", told, re.MULTILINE)
        return [node for _, node in sorted(found, key=lambda pair: int(pair[0])) if node in NODES]

    def jobs(self, state: str) -> list[str]:
        """The numbers of the jobs in a state, such as ``RUNNING``."""
        return self._told("squeue", "--noheader", "--format=%i", f"--states={state}").split()

    def cancel(self, job: str, *options: str) -> None:
        """Do what a user does: have Slurm end a job, or send it a signal."""
        self._told("scancel", *options, job)

    def lose(self, node: str) -> None:
        """Kill a node's daemon and all that it runs."""
        _kill(int((self._folder / f"slurmd-{node}.pid").read_text()))
        self.kill_jobs(node)

    def kill_jobs(self, node: str) -> None:
        """Kill all that a node runs, first what would tell Slurm of it."""
        processes = _with_variables(f"SLURM_CONF={self.configuration}", f"SLURMD_NODENAME={node}")
        for pid in [*{_step_of(pid) for pid in processes}, *processes]:
            _kill(pid)

    def start_node(self, node: str) -> None:
        """Bring a node up."""
        _run("slurmd", "-f", self.configuration, "-N", node)

    def stop_controller(self) -> None:
        """End Slurm's controller: its programs get no answer, the jobs go on."""
        pid = int((self._folder / "slurmctld.pid").read_text())
        os.kill(pid, signal.SIGTERM)
        _wait(lambda: not Path(f"/proc/{pid}").exists(), "the end of slurmctld")

    def start_controller(self) -> None:
        """Start Slurm's controller, which remembers all jobs."""
        _run("slurmctld", "-f", self.configuration)

    def wait_until_idle(self) -> None:
        """Wait until every node takes jobs and none runs."""
        _wait(self._is_idle, "the nodes")

    def _is_idle(self) -> bool:
        done = _asked(self.configuration, "sinfo", "--noheader", "--Node", "--format=%T")
        return done.returncode == 0 and done.stdout.split() == ["idle"] * len(NODES)

    def _told(self, *words: str) -> str:
        done = _asked(self.configuration, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def slurm_cluster() -> Iterator[SlurmCluster]:
    """Run a cluster; the test is skipped where Slurm's daemons are not installed."""
    # Debian keeps daemons in /usr/sbin, which is on root's PATH alone.
    lacking = [name for name in (*DAEMONS, *PROGRAMS) if _found(name) is None]
    if lacking:
        pytest.skip(f"Slurm is not installed: there is no {lacking[0]}")
    # The socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="swatch-slurm-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        cluster = SlurmCluster(folder)
        (folder / "state").mkdir()
        (folder / "munge.key").write_bytes(os.urandom(1024))
        (folder / "munge.key").chmod(0o400)
        controller, *ports = _free_ports(1 + len(NODES))
        cluster.configuration.write_text(
            CONFIGURATION.format(
                folder=folder,
                host=socket.gethostname().partition(".")[0],
                user=pwd.getpwuid(os.geteuid()).pw_name,
                controller=controller,
                names=",".join(NODES),
                ports=",".join(map(str, ports)),
                cores=CORES,
            )
        )
        try:
            try:
                cluster.start()
            except (subprocess.SubprocessError, AssertionError) as error:
                pytest.skip(f"Slurm does not start on this machine: {error}")
            yield cluster
        finally:
            for file in folder.glob("*.pid"):
                _kill(int(file.read_text()))
            for node in NODES:
                cluster.kill_jobs(node)


def _found(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def _run(name: str, *words: str | Path) -> None:
    program = _found(name)
    assert program is not None
    subprocess.run([program, *words], check=True, capture_output=True, timeout=START_SECONDS)


def _asked(configuration: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SLURM_CONF": str(configuration)}
    return subprocess.run(
        words, env=environment, capture_output=True, text=True, check=False, timeout=START_SECONDS
    )


def _with_variables(*wanted: str) -> list[int]:
    """Return the processes with these variables in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if all(variable.encode() in variables for variable in wanted):
            found.append(int(folder.name))
    return found


def _step_of(pid: int) -> int:
    """Return Slurm's process that watches over a job's; itself if there is none any more."""
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        return parent if "slurmstepd" in Path(f"/proc/{parent}/cmdline").read_text() else pid
    except OSError:
        return pid


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)
