"""A Slurm of one machine for tests: its four programs, whose jobs are local processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# One script under four names. A job is a folder: `script`, `words`, `environment`; `pid` while it runs; its
# `state` and `code` when it is over. Jobs wait for their turn as long as the file `full` is there.
PROGRAM = """#!{python} -IS
import json, os, signal, subprocess, sys, time
from pathlib import Path

HOME, NAME, WORDS = Path(__file__).resolve().parent, Path(sys.argv[0]).name, sys.argv[1:]
OPTIONS = dict(word[2:].split("=", 1) for word in WORDS if word.startswith("--") and "=" in word)

def jobs():
    return sorted((path for path in HOME.glob("[0-9]*") if path.is_dir()), key=lambda path: int(path.name))

def named(number):
    path = HOME / number
    if not path.is_dir():
        sys.exit("slurm_load_jobs error: Invalid job id specified")
    return path

def state(job):
    if (job / "state").exists():
        return (job / "state").read_text()
    return "RUNNING" if (job / "pid").exists() else "PENDING"

def end(job, state, code):
    (job / "code").write_text(code)
    (job / "new").write_text(state)
    (job / "new").rename(job / "state")

def begin(job):
    environment = json.loads((job / "environment").read_text())
    subprocess.Popen([sys.executable, "-IS", str(HOME / "program"), "daemon", str(job)], env=environment,
                     start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL)
    for _ in range(500):
        if (job / "pid").exists() or (job / "state").exists():
            return
        time.sleep(0.02)
    sys.exit("the job did not begin")

def daemon(job):
    output = json.loads((job / "options").read_text())["output"].replace("%%", "%")
    with open(output, "ab") as log:
        shell = subprocess.Popen(["bash", str(job / "script")], stdout=log, stderr=log,
                                 start_new_session=True,
                                 env={{**os.environ, "SLURM_JOB_ID": job.name}})
    (job / "new").write_text(str(shell.pid))
    (job / "new").rename(job / "pid")
    code = shell.wait()
    lost = (job / "lost").exists()
    if lost:
        end(job, (job / "lost").read_text(), "0:15")
    else:
        end(job, "FAILED" if code else "COMPLETED", f"{{max(code, 0)}}:{{max(-code, 0)}}")

def sbatch():
    if OPTIONS.get("partition") == "nowhere":
        sys.exit("sbatch: error: invalid partition specified: nowhere\\nsbatch: error: Batch job submission "
                 "failed: Invalid partition name specified")
    if len(jobs()) >= int((HOME / "most").read_text() if (HOME / "most").exists() else 99):
        sys.exit("sbatch: error: QOSMaxSubmitJobPerUserLimit")
    job = HOME / str(len(jobs()) + 1)
    job.mkdir()
    (job / "script").write_text(sys.stdin.read())
    (job / "words").write_text("\\n".join(WORDS))
    (job / "options").write_text(json.dumps(OPTIONS))
    (job / "environment").write_text(json.dumps(dict(os.environ)))
    if not (HOME / "full").exists():
        begin(job)
    print(job.name)

def squeue():
    if (HOME / "silent").exists():
        sys.exit("slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
    for number in OPTIONS["jobs"].split(","):
        job = named(number)
        if state(job) == "PENDING" and not (HOME / "full").exists():
            begin(job)
        print(number, state(job))

def scontrol():
    job = named(WORDS[-1])
    code = (job / "code").read_text() if (job / "code").exists() else "0:0"
    print(f"JobId={{job.name}} JobName=x JobState={{state(job)}} Reason=None ExitCode={{code}} RunTime=0")

def scancel():
    job, number = named(WORDS[-1]), OPTIONS.get("signal")
    if state(job) == "PENDING":
        if OPTIONS.get("state") == "PENDING" or number == "KILL":
            end(job, "CANCELLED", "0:0")
        return
    if state(job) != "RUNNING" or OPTIONS.get("state") == "PENDING":
        return
    if number == "TERM" and "--batch" not in WORDS:
        return  # Without --batch it would go to steps, and there are none.
    try:
        os.kill(int((job / "pid").read_text()), getattr(signal, f"SIG{{number}}"))
    except ProcessLookupError:
        pass

if WORDS[:1] == ["daemon"]:
    daemon(Path(WORDS[1]))
else:
    globals()[NAME]()
"""


class FakeSlurm:
    """The folder of the programs and of their jobs."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        program = folder / "program"
        program.write_text(PROGRAM.format(python=sys.executable))
        program.chmod(0o755)
        for name in ("sbatch", "squeue", "scontrol", "scancel"):
            (folder / name).symlink_to(program)

    def jobs(self) -> list[Path]:
        """The jobs' folders by number."""
        folders = [path for path in self.folder.glob("[0-9]*") if path.is_dir()]
        return sorted(folders, key=lambda path: int(path.name))

    def states(self) -> list[str]:
        """The states of the jobs that are over, by number."""
        return [path.read_text() for job in self.jobs() if (path := job / "state").exists()]

    def pid(self, job: Path) -> int:
        """Of a job that runs."""
        return int((job / "pid").read_text())


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlurm]:
    """Put the programs first on the PATH; whatever still runs afterwards is ended."""
    import os
    import signal
    from contextlib import suppress

    fake = FakeSlurm(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{fake.folder}{os.pathsep}{os.environ['PATH']}")
    yield fake
    for job in fake.jobs():
        if (job / "pid").exists() and not (job / "state").exists():
            with suppress(ProcessLookupError):
                os.kill(fake.pid(job), signal.SIGKILL)
