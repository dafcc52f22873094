"""Trials that did not simply finish: which are sent, and as what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import update
from sweep_cases import make_sweep, open_ledger
from sync_cases import send, serving

from swatch.sweep.ledger import Attempt, Ledger
from swatch.sweep.ledger.database import Database
from swatch.sweep.ledger.schema import agents
from swatch.sweep.restored import RestoredSweep
from swatch.tracking import RunDescription, RunDirectory

NO_SUCH_PID = 2**22 + 1


@dataclass
class Bench:
    """A sweep's ledger and home, worked on by hand."""

    home: Path
    ledger: Ledger

    def begin(self, agent: str, *, epochs: int = 2, directory: bool = True) -> Attempt:
        """Claim the next trial for an agent and log epochs, as a training does."""
        number = len(self.ledger.trials("s"))
        point = {"x": number / 10, "optimizer": "adam"}
        attempt = self.ledger.claim(
            "s", agent, number=number, point=point, point_key=str(number), overrides=(),
            run_id=f"s-{number:03d}", seed=0,
        )  # fmt: skip
        assert attempt is not None
        records = [
            {"epoch": epoch, "loss": 1.0 / epoch, "timestamp": 10.0 * epoch} for epoch in range(1, epochs + 1)
        ]
        if records:
            self.ledger.log(attempt, records, first=True)
        if directory:
            path = RunDirectory(self.home / attempt.run_id)
            path.start(
                RunDescription(attempt.run_id, f"x{number}", {**point, "seed": 0}, sweep_id="s", started=5.0),
                records,
            )
        return attempt

    def kill(self, agent: str) -> None:
        """Make the agent's entry that of a process which is gone."""
        database = Database(self.ledger.url, create=False)
        with database.write() as connection:
            connection.execute(update(agents).where(agents.c.id == agent).values(pid=NO_SUCH_PID))
        database.engine.dispose()


@pytest.fixture
def make_bench(tmp_path: Path) -> Callable[..., Bench]:
    def make(**options: object) -> Bench:
        folder = tmp_path / "runs" / "sweeps" / "s"
        folder.mkdir(parents=True)
        sweep = make_sweep(folder, count=10, **options)
        plain = open_ledger(folder)
        return Bench(tmp_path / "runs", Ledger(plain.url, axes=RestoredSweep.of(sweep).axes))

    return make


def test_each_trial_has_its_state_and_reason(
    make_bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench(retries=0)
    ledger = bench.ledger
    for name in ("lost", "gone", "works"):
        ledger.register("s", "agent", name)
    # 0: failed and said so; 1: failed before its run began; 2: crashed; 3: its agent is gone, unnoticed;
    # 4: interrupted, but 5 is worked on by a living agent, who will take it up.
    ledger.end_attempt(bench.begin("works"), "failed", reason="ValueError: no")
    ledger.end_attempt(bench.begin("works", epochs=0, directory=False), "failed", reason="no such optimizer")
    bench.begin("lost", epochs=0)
    ledger.goodbye("s", "lost", "killed by signal 9")
    bench.begin("gone")
    bench.kill("gone")
    ledger.end_attempt(bench.begin("works"), "interrupted", reason="SIGTERM")
    bench.begin("works")
    with serving(monkeypatch) as server:
        said = send("s", bench.home)
        assert "trial 4 (s-004): waits for its next attempt" in said
        assert "trial 5 (s-005): is still running" in said
        found = {
            run.id: (run.state, run.summary["status"], run.summary["reason"], len(run.history))
            for run in server.runs.values()
        }
        assert found == {
            "s-000": ("failed", "failed", "ValueError: no", 2),
            "s-001": ("failed", "failed", "no such optimizer", 0),
            "s-002": ("failed", "crashed", "killed by signal 9", 0),
            "s-003": ("failed", "interrupted", "its process died", 2),
        }
        assert server.runs["s-003"].summary["best"]["loss"] == 0.5
        times = [(row["_timestamp"], round(row["_runtime"])) for row in server.runs["s-003"].history]
        assert times == [(10.0, 5), (20.0, 15)], "those of the run, not of the sending"
        (sweep,) = server.sweeps.values()
        assert sweep.state == "RUNNING"
        # All agents have left; what is sent now is what there is.
        bench.kill("works")
        said = send("s", bench.home)
        assert "2 sent (4 rows), 4 already there" in said
        assert server.runs["s-004"].summary["reason"] == "SIGTERM"


def test_a_trial_that_went_on_since_is_sent_again(
    make_bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench()
    bench.ledger.register("s", "agent", "first")
    bench.begin("first")
    bench.ledger.goodbye("s", "first", "interrupted", state="interrupted")
    with serving(monkeypatch) as server:
        send("s", bench.home)
        assert server.runs["s-000"].state == "failed"
        bench.ledger.register("s", "agent", "second")
        bench.ledger.update_sweep("s", state="running")
        attempt = bench.ledger.reclaim("s", "second", 0)
        assert attempt is not None
        bench.ledger.log(attempt, [{"epoch": 3, "loss": 0.1}], first=True)
        directory = RunDirectory(bench.home / "s-000")
        directory.log(3, {"epoch": 3, "loss": 0.1, "timestamp": 31.0})
        directory.finish("finished", None, {"epochs": 3})
        bench.ledger.end_attempt(attempt, "finished", summary={"epochs": 3})
        bench.ledger.goodbye("s", "second", "done", state="interrupted")
        bench.ledger.update_sweep("s", state="finished")
        assert "1 sent (3 rows)" in send("s", bench.home)
        run = server.runs["s-000"]
        assert (run.state, run.summary["status"], len(run.history), run.starts) == (
            "finished",
            "finished",
            3,
            2,
        )
        assert [sweep.state for sweep in server.sweeps.values()] == ["FINISHED"]


def test_a_run_that_somebody_trains_is_left_alone(
    make_bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger calls it over, but a process holds its directory."""
    bench = make_bench()
    bench.ledger.register("s", "agent", "works")
    bench.ledger.end_attempt(bench.begin("works"), "finished", summary={})
    bench.kill("works")
    with serving(monkeypatch) as server:
        with RunDirectory(bench.home / "s-000").locked():
            assert "trial 0 (s-000): is still running" in send("s", bench.home)
            assert "trial 0 (s-000): is still running" in send("s-000", bench.home, project="p")
        assert server.runs == {}
