"""wandb as a sink: the same facts as in the run directory, sent to a server or kept for a later sync.

Whatever happens to wandb, the run goes on: its first error is said in one line and ends tracking, and the run
directory has everything anyway.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swatch.console import say
from swatch.errors import UserError
from swatch.files import make_folder
from swatch.tracking.mode import ask_again
from swatch.tracking.tracker import Record, RunDescription
from swatch.tracking.wandb_process import end_service, inside, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    import wandb

EXIT_CODES = {"finished": 0, "stopped": 0, "failed": 1, "interrupted": 130}
_START_SECONDS = 5.0
_FINISH_SECONDS = 5.0
_SUMMARY_KEYS = ("best", "final", "macro_average", "parameters", "epochs", "seconds")


class WandbTracker:
    """One wandb run, online or offline; everything it writes lies in ``<run directory>/wandb/``."""

    def __init__(
        self,
        directory: Path,
        *,
        mode: str,
        project: str = "swatch",
        entity: str | None = None,
        job_type: str | None = "train",
        system_stats: bool = False,
        console: bool = False,
        required: bool = False,
        notify: Callable[[str], None] = say,
    ) -> None:
        """Remember what to do; nothing is imported or contacted before :meth:`start`.

        Args:
            directory: The run directory.
            mode: ``"online"`` or ``"offline"``, as ``resolve_mode`` decided.
            project: wandb project.
            entity: wandb user or team; None for the key's default.
            job_type: wandb's job type.
            system_stats: Sample CPU, memory and disk use while training.
            console: Capture what the terminal shows.
            required: Online was asked for in so many words: a server that refuses the run at its start is an
                error instead of a reason to go on offline.
            notify: Takes the one line that tells of a problem.
        """
        self._directory = directory
        self._mode = mode
        self._project, self._entity, self._job_type = project, entity, job_type
        self._system_stats, self._console = system_stats, console
        self._required = required
        self._notify = notify
        self._run: wandb.Run | None = None
        self._last_step = -1

    @property
    def mode(self) -> str:
        """``"online"``, ``"offline"``, or ``"lost"`` after an error."""
        return self._mode

    @property
    def offline_folder(self) -> Path | None:
        """The folder that ``wandb sync`` takes, if the run is kept on disk."""
        folders = sorted((self._directory / "wandb").glob("offline-run-*"))
        return folders[-1] if folders and self._mode != "online" else None

    def start(self, run: RunDescription, history: Sequence[Record] = ()) -> None:
        """Open the wandb run; epochs of ``history`` that it does not have yet are logged first.

        Raises:
            UserError: Online was required and the server refused the run.
        """
        earlier = list((self._directory / "wandb").glob(f"offline-run-*-{run.run_id}"))
        if self._mode == "online":
            try:
                self._open(run)
            except Exception as error:  # noqa: BLE001 - whatever wandb raises must not end a training
                message = f"wandb did not take the run: {one_line(error)}"
                if self._required:
                    raise UserError(f"{message}; tracking.mode=offline keeps it on disk") from None
                self._notify(f"{message}; it is tracked offline")
                self._mode = "offline"
                ask_again()
                # The service still holds the id of the run that the server refused.
                end_service()
        if self._run is None and self._mode == "offline":
            with self._guarded("start"):
                self._open(run)
        with self._guarded("start"):
            self._define_metrics(run)
            self._replay(history, run.step_key)
        if self._mode == "offline":
            # The new file now holds the earlier epochs too: one run, one file to sync.
            for folder in earlier:
                if not any(folder.glob("*.synced")):
                    shutil.rmtree(folder, ignore_errors=True)

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Log one epoch; a step that the server already has is left out."""
        if self._run is None or step <= self._last_step:
            return
        with self._guarded("log"):
            self._run.log(dict(metrics), step=step)
            self._last_step = step

    def confusion_matrix(self, name: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Log the matrix as wandb's native chart, from a table of its cells."""
        if self._run is None:
            return
        with self._guarded("log"):
            import wandb

            columns: list[str | int] = ["Actual", "Predicted", "nPredictions"]
            cells = [
                [actual, predicted, int(count)]
                for actual, row in zip(labels, counts, strict=True)
                for predicted, count in zip(labels, row, strict=True)
            ]
            step = max(self._last_step, self._run.step)
            table: Any = wandb.Table(columns=columns, data=cells)
            # A table that is bound already is sent as a file of the run. wandb would otherwise make an
            # artifact of it too, for which it asks the server while the training waits.
            table.bind_to_run(self._run, f"{name}_table", step)
            chart = wandb.plot_table(
                vega_spec_name="wandb/confusion_matrix/v1",
                data_table=table,
                fields={str(column): column for column in columns},
                string_fields={"title": f"Confusion matrix ({name.split('/')[0]})"},
            )
            self._run.log({name: chart}, step=step)

    def finish(self, status: str, reason: str | None, summary: Mapping[str, Any]) -> None:
        """Write the summary and close the run; waits at most a few seconds for a server."""
        if self._run is None:
            return
        with self._guarded("finish"):
            values = {"status": status, "reason": reason}
            values |= {key: summary[key] for key in _SUMMARY_KEYS if summary.get(key) is not None}
            self._run.summary.update(values)
            with inside(self._directory):
                self._run.finish(exit_code=EXIT_CODES.get(status, 1))
        self._run = None
        with suppress(OSError):
            shutil.rmtree(self._directory / "wandb" / "artifacts", ignore_errors=True)

    def _open(self, run: RunDescription) -> None:
        import wandb

        make_folder(self._directory)
        settings = wandb.Settings(
            silent=True,
            console="auto" if self._console else "off",
            save_code=False,
            disable_code=True,
            disable_git=True,
            symlink=False,
            init_timeout=_START_SECONDS,
            finish_timeout=_FINISH_SECONDS,
            x_disable_stats=not self._system_stats,
            x_disable_meta=not self._system_stats,
            x_disable_machine_info=not self._system_stats,
            x_save_requirements=False,
        )
        with inside(self._directory):
            self._run = wandb.init(
                dir=str(self._directory),
                mode="online" if self._mode == "online" else "offline",
                project=self._project,
                entity=self._entity,
                id=run.run_id,
                name=run.name,
                notes=run.notes,
                tags=list(run.tags),
                group=run.group,
                job_type=self._job_type,
                config=dict(run.config),
                resume="allow" if self._mode == "online" else None,
                reinit="create_new",
                settings=settings,
            )
        # A resumed run has steps on the server; the client goes on after them.
        self._last_step = self._run.step - 1 if self._run.resumed else -1

    def _define_metrics(self, run: RunDescription) -> None:
        if self._run is None:
            return
        self._run.define_metric(run.step_key, hidden=True, summary="last")
        self._run.define_metric("*", step_metric=run.step_key)
        for metric, goal in run.goals.items():
            best = "min" if goal == "minimize" else "max"
            self._run.define_metric(metric, step_metric=run.step_key, summary=f"{best},last")

    def _replay(self, history: Sequence[Record], step_key: str) -> None:
        for record in history:
            self.log(int(record[step_key]), record)

    @contextmanager
    def _guarded(self, doing: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever wandb raises must not end a training
            self._run, self._mode = None, "lost"
            self._notify(
                f"wandb failed ({doing}: {one_line(error)}); the run goes on, "
                f"and everything is in {self._directory}"
            )
            # A later run of this process starts a service that works.
            end_service()
