"""wandb as a sink: the same facts as in the run directory, sent to a server or kept for a later sync.

Its calls wait for wandb and its server, within wandb's limits: a training goes through
``BackgroundTracker``. Whatever happens to wandb is noted and raised to nobody, as the run directory has
everything anyway, and ``tracking.json`` there says whether the server has it too.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swatch.files import WriteError, make_folder
from swatch.parsing import parse_one_at_a_time
from swatch.tracking.mode import base_url
from swatch.tracking.run_directory import RunDirectory
from swatch.tracking.state import TrackingState
from swatch.tracking.tracker import Record, RunDescription, SampleImages
from swatch.tracking.wandb_arrival import arrival_problem
from swatch.tracking.wandb_log import first_loss
from swatch.tracking.wandb_media import (
    log_confusion_matrix,
    log_model,
    log_per_class,
    log_samples,
    use_dataset,
)
from swatch.tracking.wandb_open import FINISH_SECONDS, GRACE_SECONDS, INIT_SECONDS, define_metrics, open_run
from swatch.tracking.wandb_past import begun_before, publish_row
from swatch.tracking.wandb_process import (
    ServiceLost,
    is_service_alive,
    join_service,
    leave_service,
    one_line,
    time_limit,
)
from swatch.tracking.wandb_rows import metrics_of, seconds_until, summary_values, time_of

if TYPE_CHECKING:
    import wandb

EXIT_CODES = {"finished": 0, "stopped": 0, "failed": 1, "interrupted": 130}
PER_CLASS = "per_class"
_MODEL_ALIASES = ("best", "latest")


class WandbTracker:
    """One wandb run, online or offline; everything it writes lies in ``<run directory>/wandb/``."""

    def __init__(
        self,
        directory: Path,
        *,
        mode: str,
        project: str | None = "swatch",
        entity: str | None = None,
        system_stats: bool = False,
        console: bool = False,
        stop: Callable[[], None] | None = None,
        finish_seconds: float = FINISH_SECONDS,
        last: Callable[[wandb.Run, int], None] | None = None,
    ) -> None:
        """Remember what to do; nothing is imported or contacted before :meth:`start`.

        Args:
            directory: The run directory.
            mode: ``"online"`` or ``"offline"``, as ``resolve_mode`` decided.
            project: wandb project, unless the run belongs to a sweep, which decides.
            entity: wandb user or team; None for the key's default.
            system_stats: Sample CPU, memory and disk use while training.
            console: Capture what the terminal shows.
            stop: Called, in another thread, when somebody stops the run in the UI.
            finish_seconds: How long the run may take at its end to be sent, its files included.
            last: Logs more, such as an evaluation, before the run ends; takes the run and its last step.
        """
        parse_one_at_a_time()
        self.directory = RunDirectory(directory)
        self.state = TrackingState(mode, base_url=base_url(), project=project, entity=entity)
        """What has become of the run so far; at its end also in ``tracking.json``."""
        self._options: dict[str, Any] = {
            "project": project,
            "entity": entity,
            "system_stats": system_stats,
            "console": console,
            "stop": stop or _ignore,
            "finish_seconds": finish_seconds,
        }
        self.is_starting = False
        """Whether wandb itself is being imported and started, which no server holds up."""
        self.is_refused = False
        """Whether wandb or its server, and not something about this run, is at fault."""
        self._last = last
        self._run: wandb.Run | None = None
        self._seat: object = None
        self._history: list[Record] = []
        self._goals: Mapping[str, str] = {}
        self._last_step = -1
        self._time: dict[str, float] = {}
        self._rows = self._artifacts = 0

    def start(self, run: RunDescription, history: Sequence[Record] = ()) -> None:
        """Open the wandb run and log the epochs of ``history``, at the times at which they happened."""
        sweep = run.remote_sweep
        if sweep is not None:
            self.state = replace(
                self.state, entity=sweep.entity, project=sweep.project, sweep_id=sweep.sweep_id
            )
        self._write_state()
        self._goals = run.goals
        earlier = list((self.directory.path / "wandb").glob(f"*run-*-{run.run_id}"))
        if not self._try("start", lambda: self._open(run, seconds_until(run.started, history[-1:]))):
            return
        self._call("metrics", lambda opened: define_metrics(opened, run))
        if run.dataset is not None:
            dataset = run.dataset
            self._call("data set", lambda opened: use_dataset(opened, dataset))
        for record in history[:-1]:
            self._log_past(int(record[run.step_key]), record, run.started)
        for record in history[-1:]:
            # By wandb's own way, so that pictures and tables may join it, and its clock goes on from here.
            self.log(int(record[run.step_key]), record)
        # The new files hold the earlier epochs too: one run, one file to sync.
        for folder in earlier:
            if not any(folder.glob("*.synced")):
                shutil.rmtree(folder, ignore_errors=True)

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Log one epoch; its ``timestamp`` is the time that it gets on the server."""
        self._history.append(dict(metrics))
        self._time = time_of(metrics)
        if self._call("log", lambda run: run.log({**metrics_of(metrics), **self._time}, step=step)):
            self._rows += step > self._last_step
            self._last_step = step

    def confusion_matrix(self, name: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Log the matrix as charts and images, and what follows from it for every class as a table."""
        step, part = self._media_step(), name.rpartition("/")[0]
        table = f"{part}/{PER_CLASS}" if part else PER_CLASS
        self._call("confusion matrix", lambda run: log_confusion_matrix(run, name, labels, counts, step))
        self._artifacts += self._call(
            "scores per class", lambda run: log_per_class(run, table, labels, counts, step)
        )

    def samples(self, name: str, samples: SampleImages) -> None:
        """Log a table of the images."""
        step = self._media_step()
        self._artifacts += self._call("samples", lambda run: log_samples(run, name, samples, step))

    def model(self, path: Path, metadata: Mapping[str, Any]) -> None:
        """Log the weights as an artifact, ``best`` and ``latest``."""
        self._artifacts += self._call("model", lambda run: log_model(run, path, metadata, _MODEL_ALIASES))

    def finish(self, status: str, reason: str | None, summary: Mapping[str, Any]) -> None:
        """Write the summary, close the run, and see whether the server has it."""
        values = summary_values(status, reason, summary, self._history, self._goals)
        last, step = self._last, self._media_step()
        if last is not None:
            self._call("evaluation", lambda run: last(run, step))
        # The last row first: it would put its own values over those of the summary. What joined it has put
        # the present time into it.
        if self._rows:
            self._call("log", lambda run: run.log(dict(self._time), step=self._last_step, commit=True))
        self._call("summary", lambda run: run.summary.update(values))
        run = self._run
        if run is not None:
            self._finish(run, EXIT_CODES.get(status, 1))
        self._write_state()

    def give_up(self, problem: str) -> None:
        """Note that the run is not, or not wholly, sent, and why; the first reason counts."""
        if self.state.problem is None:
            self.state = replace(self.state, sent=False, problem=problem)
            self._write_state()

    def _open(self, run: RunDescription, seconds: float) -> None:
        # What cannot be written there, wandb's process would complain of on the terminal.
        make_folder(self.directory.path / "wandb")
        self.is_starting = True
        try:
            self._seat = join_service(self.directory.path)
        finally:
            self.is_starting = False
        try:
            if self.state.problem is not None:
                raise ServiceLost("it was given up in the meantime")
            with begun_before(run.run_id, seconds), time_limit(INIT_SECONDS + GRACE_SECONDS):
                opened = open_run(run, self.directory.path, mode=self.state.mode, **self._options)
        except BaseException:
            leave_service(self._seat, failed=not is_service_alive())
            raise
        self._run = opened
        if self.state.mode == "online":
            self.state = replace(self.state, entity=opened.entity, project=opened.project, url=opened.url)

    def _log_past(self, step: int, metrics: Record, started: float | None) -> None:
        self._history.append(dict(metrics))
        values, seconds = {**metrics_of(metrics), **time_of(metrics)}, seconds_until(started, [metrics])
        if self._call("log", lambda run: publish_row(run, step, values, seconds)):
            self._rows += 1
            self._last_step = step

    def _finish(self, run: wandb.Run, exit_code: int) -> None:
        with time_limit(self._options["finish_seconds"] + GRACE_SECONDS):
            is_finished = self._try("finish", lambda: run.finish(exit_code))
        if self._run is not None:
            self._close(failed=not is_finished)
        if is_finished and self.state.mode == "online":
            self._see_whether_it_arrived(run.id, Path(run.dir).parent)

    def _see_whether_it_arrived(self, run_id: str, folder: Path) -> None:
        state = self.state
        place = (state.base_url or "", state.entity or "", state.project or "", run_id)
        problem = arrival_problem(*place, rows=self._rows, artifacts=self._artifacts)
        self.is_refused = problem is not None
        loss = first_loss(folder)
        problem = state.problem or (problem if loss is None else one_line(loss))
        self.state = replace(state, sent=problem is None, problem=problem)
        if self.state.sent:
            shutil.rmtree(folder / "artifacts", ignore_errors=True)

    def _media_step(self) -> int:
        """Return the step of the last epoch, whose row the pictures and tables join."""
        return max(self._last_step, 0)

    def _call(self, doing: str, act: Callable[[wandb.Run], object]) -> bool:
        run = self._run
        return run is not None and self._try(doing, lambda: act(run))

    def _try(self, doing: str, act: Callable[[], object]) -> bool:
        """Return whether it went well; the first problem is kept, and what can still be sent is sent."""
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever wandb raises must not end a training
            is_alive = is_service_alive()
            has_died = self._seat is not None and not is_alive
            self.give_up(f"{doing}: {_words(error, has_died)}")
            self.is_refused = is_alive and doing in ("start", "finish")
            if self._run is not None and not is_alive:
                self._close(failed=True)
            return False
        return True

    def _close(self, *, failed: bool = False) -> None:
        self._run = None
        leave_service(self._seat, failed=failed)

    def _write_state(self) -> None:
        # A full disk is told of by the run directory.
        with suppress(WriteError, OSError):
            make_folder(self.directory.path)
            self.directory.write_tracking(self.state)


def _words(error: Exception, has_died: bool) -> str:
    if has_died:
        return "wandb's background process died"
    return "not everything was sent in time" if isinstance(error, TimeoutError) else one_line(error)


def _ignore() -> None:
    """Let a run that somebody stops in the UI go on."""
