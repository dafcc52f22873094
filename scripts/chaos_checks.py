"""Whether a sweep is whole: its ledger, Optuna's view of it, and its run directories agree."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from swatch.sweep.ledger import Ledger, sqlite_url
from swatch.sweep.records import TrialRecord


@dataclass
class Findings:
    """What an examination found."""

    figures: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def expect(self, *, what: str, found: object, wanted: object) -> None:
        """Note a problem unless ``found`` is what is wanted."""
        if found != wanted:
            self.problems.append(f"{what}: {found}, not {wanted}")


def examine(home: Path, name: str, trials: int, epochs: int) -> Findings:
    """Examine a finished sweep of ``trials`` trials of ``epochs`` epochs each."""
    path = home / "sweeps" / name / "study.db"
    findings = Findings()
    ledger = Ledger(sqlite_url(path))
    records = ledger.trials(name)
    findings.expect(what="the sweep's state", found=str(ledger.sweep(name).state), wanted="finished")
    findings.expect(what="trials by number", found=[t.number for t in records], wanted=list(range(trials)))
    findings.expect(
        what="trials by state", found=Counter(str(t.state) for t in records), wanted=Counter(finished=trials)
    )
    findings.expect(what="different points", found=len({t.point_key for t in records}), wanted=trials)
    findings.expect(what="different runs", found=len({t.run_id for t in records}), wanted=trials)
    findings.expect(what="processes that never left", found=ledger.processes(name), wanted=[])
    ledger.close()
    for trial in records:
        _examine_run(findings, home / trial.run_id, trial, epochs)
    with closing(sqlite3.connect(path)) as connection:
        _examine_tables(findings, connection, trials)
    return findings


def _examine_run(findings: Findings, folder: Path, trial: TrialRecord, epochs: int) -> None:
    """Compare a trial's history with its run directory's."""
    logged = [record["epoch"] for record in trial.history]
    findings.expect(what=f"epochs of trial {trial.number}", found=logged, wanted=list(range(1, epochs + 1)))
    lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    findings.expect(
        what=f"history.jsonl of trial {trial.number}",
        found=[(line["epoch"], line["val/accuracy"]) for line in lines],
        wanted=[(record["epoch"], record["val/accuracy"]) for record in trial.history],
    )
    summary = json.loads((folder / "summary.json").read_text())
    findings.expect(what=f"summary of trial {trial.number}", found=summary["status"], wanted="finished")
    findings.expect(
        what=f"the objective of trial {trial.number}",
        found=trial.objective,
        wanted=max(record["val/accuracy"] for record in trial.history),
    )


def _examine_tables(findings: Findings, connection: sqlite3.Connection, trials: int) -> None:
    """Look at the tables themselves, Optuna's among them."""

    def count(query: str) -> int:
        return int(connection.execute(query).fetchone()[0])

    findings.expect(
        what="SQLite's integrity check",
        found=connection.execute("PRAGMA integrity_check").fetchone()[0],
        wanted="ok",
    )
    findings.expect(
        what="trials without exactly one finished attempt",
        found=count(
            "SELECT count(*) FROM (SELECT trial_id FROM swatch_attempts GROUP BY trial_id "
            "HAVING sum(state = 'finished') != 1)"
        ),
        wanted=0,
    )
    findings.expect(
        what="attempts under way",
        found=count("SELECT count(*) FROM swatch_attempts WHERE state = 'running'"),
        wanted=0,
    )
    states = dict(connection.execute("SELECT state, count(*) FROM trials GROUP BY state"))
    findings.expect(what="Optuna's complete trials", found=states.get("COMPLETE", 0), wanted=trials)
    findings.expect(what="Optuna's running trials", found=states.get("RUNNING", 0), wanted=0)
    attempts = count("SELECT count(*) FROM swatch_attempts")
    findings.figures = {
        "finished trials": count("SELECT count(*) FROM swatch_attempts WHERE state = 'finished'"),
        "attempts": attempts,
        "attempts that crashed": count("SELECT count(*) FROM swatch_attempts WHERE state = 'crashed'"),
        "attempts that were interrupted": count(
            "SELECT count(*) FROM swatch_attempts WHERE state = 'interrupted'"
        ),
        "trials that went on from a checkpoint": count(_RESUMED),
        "epochs that were not trained again": count(_KEPT),
    }


# An epoch that was logged before its trial's last attempt began was taken over from a checkpoint.
_OLDER = """
    FROM swatch_history h JOIN swatch_runs r ON r.id = h.run
    JOIN (
        SELECT trial_id, max(started) AS started FROM swatch_attempts GROUP BY trial_id HAVING count(*) > 1
    ) a ON a.trial_id = r.trial_id
    WHERE json_extract(h.record, '$.timestamp') < CAST(strftime('%s', a.started) AS INTEGER)
"""
_RESUMED = f"SELECT count(DISTINCT r.trial_id) {_OLDER}"
_KEPT = f"SELECT count(*) {_OLDER}"
