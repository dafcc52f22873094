"""``swatch sync`` from its words to its last line."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from swatch.errors import Interrupted, RunFailed, UserError
from swatch.sweep.sync.comparing import is_complete
from swatch.sweep.sync.display import Display, counts
from swatch.sweep.sync.folders import Folders
from swatch.sweep.sync.items import Item, Presence
from swatch.sweep.sync.jobs import Job, SyncRequest, make_job
from swatch.sweep.sync.pool import Pool, Stop
from swatch.sweep.sync.remote_runs import patiently, read_runs
from swatch.sweep.sync.sending import Kind, Outcome
from swatch.sweep.sync.target import find_target
from swatch.tracking.graphql import ServerError
from swatch.tracking.mode import base_url, has_key
from swatch.tracking.registration import set_state

if TYPE_CHECKING:
    from rich.console import Console

_NOT_IN_PROJECTS = "/\\#?%:"
_ON_THE_SERVER = (Kind.SENT, Kind.THERE)


def sync(request: SyncRequest, console: Console) -> None:
    """Send a sweep or a run to the server that ``WANDB_BASE_URL`` names, and tell ``console`` of every run.

    Raises:
        UserError: There is no such sweep or run, no key, no server, or it refuses: nothing was sent.
        RunFailed: Some runs were not sent.
        Interrupted: The user had enough; the same command goes on.
    """
    if request.project is not None and set(request.project) & set(_NOT_IN_PROJECTS):
        raise UserError(f"--project '{request.project}': its name may have none of {_NOT_IN_PROJECTS}")
    folders = Folders([request.home], request.folders)
    target = find_target(request.target, folders, request.storage)
    host = base_url()
    if not has_key(host):
        raise UserError(f"no API key is configured for {host}; set WANDB_API_KEY or run `wandb login`")
    display, since = Display(console), time.time()
    try:
        job = make_job(request, target, display.say)
        settled, wanted = _compare(job, again=request.again)
    except ServerError as error:
        raise UserError(f"{error}; nothing was sent") from None
    for folder in target.folders.given:
        if folder not in target.folders.used | folders.used:
            display.say(f"--from {folder}: nothing of it lies there")
    for outcome in settled:
        display.line(outcome)
    outcomes, problem = _send(job, wanted, request.jobs, since, display)
    _conclude(job, [*settled, *outcomes], problem, display)


def _compare(job: Job, *, again: bool) -> tuple[list[Outcome], list[Item]]:
    """Return what is settled without sending, and what is to be sent."""
    there = read_runs(job.place, [item.run_id for item in job.items])
    settled, wanted = [], []
    for item in job.items:
        if item.presence is Presence.RUNNING:
            settled.append(Outcome(item, Kind.RUNNING, item.note or "is still running"))
        elif is_complete(item, there.get(item.run_id), job.remote) and (
            not again or item.presence is Presence.ABSENT
        ):
            settled.append(Outcome(item, Kind.THERE, Kind.THERE.value))
        elif item.presence is Presence.ABSENT:
            note = f" ({item.note})" if item.note else ""
            settled.append(Outcome(item, Kind.ABSENT, f"{Kind.ABSENT.value}{note}"))
        else:
            wanted.append(item)
    return settled, wanted


def _send(
    job: Job, wanted: list[Item], jobs: int, since: float, display: Display
) -> tuple[list[Outcome], str | None]:
    outcomes: list[Outcome] = []

    def take(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if outcome.kind is not Kind.UNSENT:  # Their number is enough.
            display.take(outcome)

    if not wanted:
        return [], None
    with display.counting(len(wanted)), Stop() as stop:
        pool = Pool(job.place, job.remote, jobs, since=since, take=take, notify=display.say)
        problem = pool.run(wanted, stop)
        if stop.is_wanted and any(outcome.kind is Kind.UNSENT for outcome in outcomes):
            display.say(counts(outcomes))
            raise Interrupted("interrupted; the same command sends the rest")
    return outcomes, problem


def _conclude(job: Job, outcomes: list[Outcome], problem: str | None, display: Display) -> None:
    if job.remote is not None and job.is_finished and all(one.kind in _ON_THE_SERVER for one in outcomes):
        try:
            patiently(partial(set_state, job.remote, "FINISHED"))
        except ServerError as error:
            problem = f"all runs are there, but the sweep could not be marked as finished: {error}"
    if any(outcome.kind is Kind.ABSENT for outcome in outcomes):
        display.say(
            "what is not on this machine: --from FOLDER sends it from where it lies, --from-ledger what the "
            "ledger knows of it (no images, no model)"
        )
    display.say(f"{counts(outcomes)}  {job.url}")
    failed = [one for one in outcomes if one.kind in (Kind.REFUSED, Kind.UNSENT)]
    if failed or problem is not None:
        reason = problem or failed[0].text
        what = f"{len(failed)} of {len(outcomes)} runs were not sent: {reason}" if failed else reason
        raise RunFailed(f"{what}; the same command tries it again")
