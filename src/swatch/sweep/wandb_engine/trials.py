"""The runs that W&B's server has given to this folder: what is known of each, kept over restarts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from swatch.errors import UserError
from swatch.files import write_json
from swatch.report.labels import finite
from swatch.sweep.distributions import canonical
from swatch.sweep.records import Metrics, TrialRecord, TrialState
from swatch.tracking import RunDirectory

_FACTS = ("number", "run_id", "seed", "point", "point_key", "reason", "attempts", "agent")


class Trials:
    """The runs as trials, by run id; every change that must outlive this process is written at once."""

    def __init__(self, file: Path, home: Path, metric: str, goal: str) -> None:
        """Read what an earlier start has left in ``file``; raises UserError if that is damaged."""
        self._file, self._home = file, home
        self._metric, self._sign = metric, 1.0 if goal == "minimize" else -1.0
        self._known: dict[str, TrialRecord] = {}
        self.values: dict[str, dict[str, Any]] = {}
        """The parameters of each run as the server gave them."""
        for entry in self._read():
            trial = self._restored(entry)
            self._known[trial.run_id] = trial
            self.values[trial.run_id] = entry["values"]

    @property
    def records(self) -> list[TrialRecord]:
        """All of them, by number."""
        return list(self._known.values())

    def __len__(self) -> int:
        return len(self._known)

    def __getitem__(self, run_id: str) -> TrialRecord:
        return self._known[run_id]

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._known

    def waiting(self) -> list[str]:
        """Return the runs that were interrupted and can go on, the oldest first."""
        return [run_id for run_id, trial in self._known.items() if trial.state is TrialState.WAITING]

    def begin(self, run_id: str, values: Mapping[str, Any], agent: str, seed: int) -> None:
        """Note that an agent takes up a run, for the first time or again."""
        known = self._known.get(run_id)
        if known is None:
            known = TrialRecord(
                number=len(self._known),
                point={},
                point_key="",
                run_id=run_id,
                seed=seed,
                state=TrialState.RUNNING,
                started=datetime.now(UTC),
            )
        self.values[run_id] = dict(values)
        self._put(
            replace(
                known,
                state=TrialState.RUNNING,
                attempts=known.attempts + 1,
                agent=agent,
                reason=None,
                ended=None,
            )
        )

    def describe(self, run_id: str, point: Mapping[str, Any], overrides: Sequence[str], seed: int) -> None:
        """Note what a run trains: its swept parameters, and all of its overrides."""
        key = hashlib.blake2b(canonical(dict(point)).encode(), digest_size=12).hexdigest()
        known = self._known[run_id]
        self._put(replace(known, point=dict(point), point_key=key, overrides=tuple(overrides), seed=seed))

    def log(self, run_id: str, record: Metrics) -> None:
        """Note one epoch; those from it on that were known before are void."""
        known = self._known[run_id]
        history = [earlier for earlier in known.history if earlier["epoch"] < record["epoch"]]
        history.append(record)
        self._known[run_id] = replace(known, history=history, objective=self._best(history))

    def end(
        self,
        run_id: str,
        state: TrialState,
        reason: str | None,
        *,
        summary: Mapping[str, Any] | None = None,
        history: Sequence[Metrics] = (),
    ) -> None:
        """Note how a run ended, or with ``WAITING`` that it was interrupted."""
        known = self._known[run_id]
        history = list(history) or known.history
        self._put(
            replace(
                known,
                state=state,
                reason=reason,
                summary=dict(summary or {}),
                history=history,
                objective=self._best(history),
                ended=None if state is TrialState.WAITING else datetime.now(UTC),
            )
        )

    def _best(self, history: Sequence[Metrics]) -> float | None:
        values = [value for record in history if (value := finite(record.get(self._metric))) is not None]
        return min(values, key=lambda value: self._sign * value, default=None)

    def _put(self, trial: TrialRecord) -> None:
        self._known[trial.run_id] = trial
        write_json(self._file, [self._entry(trial) for trial in self._known.values()])

    def _entry(self, trial: TrialRecord) -> dict[str, Any]:
        times = {key: getattr(trial, key) for key in ("started", "ended")}
        return {
            **{key: getattr(trial, key) for key in _FACTS},
            "state": trial.state.value,
            "overrides": list(trial.overrides),
            "values": self.values[trial.run_id],
            **{key: time and time.isoformat() for key, time in times.items()},
        }

    def _read(self) -> list[dict[str, Any]]:
        try:
            entries = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except ValueError as error:
            raise UserError(f"{self._file} is damaged ({error}); move it away to go on without it") from None
        return list(entries)

    def _restored(self, entry: Mapping[str, Any]) -> TrialRecord:
        """Return a trial; its epochs and results are in its run directory."""
        state = TrialState(entry["state"])
        directory = RunDirectory(self._home / entry["run_id"])
        history = directory.read_history()
        return TrialRecord(
            **{key: entry[key] for key in _FACTS},
            # This process is the only one that trains for the folder: nobody works on it now.
            state=TrialState.WAITING if state is TrialState.RUNNING else state,
            overrides=tuple(entry["overrides"]),
            started=_time(entry["started"]),
            ended=_time(entry["ended"]),
            history=history,
            summary=(directory.read_summary() or {}) if state.is_over else {},
            objective=self._best(history),
        )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
