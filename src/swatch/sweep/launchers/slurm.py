"""Agents as jobs of a Slurm cluster, one job each."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swatch.files import make_folder
from swatch.sweep.launchers.base import last_line, new_name
from swatch.sweep.launchers.processes import NAME_VARIABLE, PIPE_VARIABLE, STORAGE_VARIABLE, THREAD_VARIABLES
from swatch.sweep.launchers.slurm_options import seconds_of
from swatch.sweep.launchers.slurm_queue import JobEnd, SlurmQueue

NOTICE_SECONDS = 120
"""How long before a job's time is up its agent is told to save and leave; a short job in the middle of it."""
_OF_THE_CLUSTER = ("SLURM_CONF", "SLURM_CLUSTERS")


class SlurmAgent:
    """One job."""

    def __init__(self, name: str, log_file: Path, job: str, queue: SlurmQueue) -> None:
        """Remember the submitted job."""
        self.name, self.log_file = name, log_file
        self._job, self._queue = job, queue
        self._end: JobEnd | None = None

    def exit_code(self) -> int | None:
        """Return the agent's exit code, ``LOST`` if the job left none, or None before its end."""
        self._end = self._end or self._queue.end(self._job)
        return None if self._end is None else self._end.code

    def describe_end(self) -> str:
        """Return the job's number and how it ended, in Slurm's words."""
        return f"job {self._job}: {self._end or 'in the queue'}"

    def ask_to_stop(self) -> None:
        """Take it out of the queue, or have its agent finish the step, save, and leave."""
        self._queue.stop(self._job)

    def kill(self) -> None:
        """Have Slurm kill it."""
        self._queue.kill(self._job)

    def wait(self) -> None:
        """Return at once: the ledger refuses whatever a killed job may still say."""

    def last_words(self) -> str:
        """Return the last line of its log, which is there if the home folder is shared with the nodes."""
        return last_line(self.log_file) or f"job {self._job} left nothing in {self.log_file}"


class SlurmLauncher:
    """Submits agents, each as a job of its own."""

    queues = True

    def __init__(
        self,
        settings: Mapping[str, Any],
        sweep_id: str,
        url: str,
        logs: Path,
        environment: Mapping[str, str],
    ) -> None:
        """Remember what each agent is given; ``settings`` are those of ``conf/launcher/slurm.yaml``."""
        self._settings, self._sweep_id, self._url = settings, sweep_id, url
        self._logs, self._environment = make_folder(logs), environment
        self._queue = SlurmQueue(settings["poll_seconds"])

    def start(self) -> SlurmAgent:
        """Submit one more job. Raises UserError with sbatch's own words if the cluster refuses it."""
        name = new_name()
        log_file = self._logs / f"{name}.log"
        script = job_script(self._settings["setup"], self._sweep_id)
        options = job_options(self._settings, self._sweep_id, log_file)
        job = self._queue.submit(options, script, self._job_environment(name))
        return SlurmAgent(name, log_file, job, self._queue)

    def close(self) -> None:
        """Do nothing: jobs are ended one by one."""

    def _job_environment(self, name: str) -> dict[str, str]:
        # A sweep may itself run in a job, whose variables would contradict the new job's.
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("SLURM_") or key in _OF_THE_CLUSTER
        }
        kept.pop(PIPE_VARIABLE, None)
        threads = dict.fromkeys(THREAD_VARIABLES, str(self._settings["cpus"]))
        return {**kept, **threads, **self._environment, NAME_VARIABLE: name, STORAGE_VARIABLE: self._url}


def job_options(settings: Mapping[str, Any], sweep_id: str, log_file: Path) -> list[str]:
    """Return sbatch's options for one agent; those of ``extra`` come last and so overrule the others."""
    seconds = seconds_of(settings.get("time"))
    notice = NOTICE_SECONDS if seconds is None else min(NOTICE_SECONDS, seconds // 2)
    wanted = {
        "job-name": f"swatch-{sweep_id}",
        "partition": settings["partition"],
        "account": settings["account"],
        "time": settings.get("time"),
        "nodes": 1,
        "ntasks": 1,
        "cpus-per-task": settings["cpus"],
        "mem": settings.get("memory"),
        # In sbatch's file names % begins a pattern.
        "output": str(log_file).replace("%", "%%"),
        "open-mode": "append",
        "signal": f"B:TERM@{notice}",
    }
    given = [f"--{key}={value}" for key, value in wanted.items() if value is not None]
    # The controller replaces what is lost; a job that Slurm queued again would be one agent too many.
    return [*given, "--no-requeue", *settings["extra"]]


def job_script(setup: list[str], sweep_id: str) -> str:
    """Return the job's script: the lines of ``setup``, and then the agent in place of the shell.

    In its place, so that it hears the signals that are sent to the batch step.
    """
    agent = shlex.join([sys.executable, "-m", "swatch", "agent", sweep_id])
    return "\n".join(["#!/bin/bash", *setup, f"exec {agent}", ""])
