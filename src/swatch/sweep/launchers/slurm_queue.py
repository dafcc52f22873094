"""Slurm's queue through its own programs: sbatch, squeue, scontrol and scancel."""

# Not submitit, which pickles a callable into a shared folder and unpickles it in the job, needs Slurm's
# accounting (sacct), and may ask it as rarely as every ten minutes whether a job has died. An agent is a
# command with an exit code; for that the four programs are enough, and they are on every login node.

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from swatch.errors import UserError
from swatch.sweep.launchers.base import LOST
from swatch.sweep.launchers.processes import describe_end

ANSWER_SECONDS = 30.0
"""How long Slurm may take to answer; a busy one may be asked again later."""
STOPPING_POLL_SECONDS = 1.0
_OVER = {
    *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY"),
    *("PREEMPTED", "REVOKED", "SPECIAL_EXIT", "TIMEOUT"),
}
_UNKNOWN_JOB = "Invalid job id"


@dataclass(frozen=True)
class JobEnd:
    """How a job ended."""

    state: str
    """In Slurm's words, such as ``COMPLETED``, ``FAILED`` or ``TIMEOUT``."""
    code: int = LOST
    """The exit code, a signal's number negated, or ``LOST``."""

    def __str__(self) -> str:
        """Say it in words."""
        return describe_end(self.code) if self.state == "FAILED" else self.state


class SlurmQueue:
    """Submits jobs, and asks for all of them at once every few seconds."""

    def __init__(self, poll_seconds: float) -> None:
        self._poll_seconds = poll_seconds
        self._looked = time.monotonic()
        self._states: dict[str, str] = {}
        self._ends: dict[str, JobEnd] = {}
        self._stopping: set[str] = set()
        self._killed: set[str] = set()
        self._deaf: set[str] = set()
        """Jobs that were told to stop when they did not run yet: there was nobody to hear it."""

    def submit(self, options: Sequence[str], script: str, environment: Mapping[str, str]) -> str:
        """Submit a job and return its number. Raises UserError with sbatch's own words if it is refused."""
        # --export=ALL hands the environment on, and with it the storage's password, which so stands in no
        # script, no argument and no log; on the command line it overrules what SBATCH_EXPORT may say.
        words = ["sbatch", "--parsable", "--export=ALL", *options]
        done = _run(words, script=script, environment=environment)
        if done is None:
            raise UserError(f"sbatch did not answer within {ANSWER_SECONDS:.0f} seconds")
        job = done.stdout.strip().partition(";")[0]
        if done.returncode != 0 or not job.isdigit():
            said = " ".join((done.stderr or done.stdout).replace("sbatch: error: ", "").split())
            raise UserError(f"sbatch refused an agent's job: {said or f'exit code {done.returncode}'}")
        self._states[job] = "PENDING"
        return job

    def end(self, job: str) -> JobEnd | None:
        """Return how a job ended, or None while it waits or runs, or nobody can say."""
        self._look()
        return self._ends.get(job)

    def stop(self, job: str) -> None:
        """Take a job that waits out of the queue; have the agent of one that runs save and leave."""
        self._stopping.add(job)
        _run(["scancel", "--quiet", "--state=PENDING", job])
        self._tell(job)
        if self._states[job] != "RUNNING":
            self._deaf.add(job)

    def kill(self, job: str) -> None:
        """End a job at once."""
        if job in self._killed:
            return
        self._killed.add(job)
        self._stopping.add(job)
        _run(["scancel", "--quiet", "--signal=KILL", job])

    def _tell(self, job: str) -> None:
        # To the batch step alone, which the agent is: without a signal Slurm would end the job by itself.
        _run(["scancel", "--quiet", "--batch", "--signal=TERM", job])

    def _look(self) -> None:
        open_jobs = [job for job in self._states if job not in self._ends]
        hurry = bool(self._stopping.intersection(open_jobs))
        pause = min(self._poll_seconds, STOPPING_POLL_SECONDS) if hurry else self._poll_seconds
        if not open_jobs or time.monotonic() - self._looked < pause:
            return
        listed = _listed(open_jobs)
        self._looked = time.monotonic()
        if listed is None:
            return
        for job in open_jobs:
            state = listed.get(job)
            if state is None or state in _OVER:
                self._note_end(job)
            else:
                self._states[job] = state
                if state == "RUNNING" and job in self._deaf:
                    self._deaf.remove(job)
                    self._tell(job)

    def _note_end(self, job: str) -> None:
        found = _described(job)
        if isinstance(found, JobEnd):
            self._ends[job] = found


def _listed(jobs: Sequence[str]) -> dict[str, str] | None:
    """Return the states of those jobs that Slurm still knows; None if it does not answer."""
    done = _run(["squeue", "--noheader", "--states=all", "--format=%i %T", f"--jobs={','.join(jobs)}"])
    if done is None or (done.returncode != 0 and _UNKNOWN_JOB not in done.stderr):
        return None
    lines = [line.split() for line in done.stdout.splitlines()]
    return {words[0]: words[1] for words in lines if len(words) == 2}


def _described(job: str) -> JobEnd | None:
    """Return how a job ended; None if it has not, or Slurm does not answer.

    scontrol knows a job for some minutes after its end (``MinJobAge``), also where there is no accounting.
    """
    done = _run(["scontrol", "show", "job", "--oneliner", job])
    if done is None:
        return None
    if done.returncode != 0:
        return JobEnd("Slurm has forgotten it") if _UNKNOWN_JOB in done.stderr else None
    state = re.search(r"\bJobState=(\w+)", done.stdout)
    code = re.search(r"\bExitCode=(\d+):(\d+)", done.stdout)
    if state is None or state[1] not in _OVER:
        return None
    if state[1] not in ("COMPLETED", "FAILED") or code is None:
        return JobEnd(state[1])
    exit_code, number = int(code[1]), int(code[2])
    return JobEnd(state[1], -number if number else exit_code)


def _run(
    words: Sequence[str], *, script: str = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str] | None:
    """Run one of Slurm's programs; None if it does not answer in time."""
    try:
        return subprocess.run(
            words,
            input=script,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=ANSWER_SECONDS,
            # Ctrl-C is for the sweep and not for a program that is just being asked.
            start_new_session=True,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return None
    except OSError as error:
        raise UserError(f"{words[0]}: {error.strerror or error}") from error
