"""The ledger: what it keeps, who may write, and what Optuna sees of it."""

from __future__ import annotations

import math
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from postgresql_server import Server, postgresql
from sqlalchemy import event, update

from swatch.errors import UserError
from swatch.sweep.ledger import Attempt, Fenced, Ledger, sqlite_url
from swatch.sweep.ledger.database import Database
from swatch.sweep.ledger.mirror import Axis
from swatch.sweep.ledger.schema import attempts
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState
from swatch.sweep.terminal.progress import progress

AXES = {
    "optimizer.learning_rate": Axis("float", 1e-4, 1e-1, log=True),
    "optimizer": Axis("categorical", choices=("adam", "sgd")),
    "epochs": Axis("int", 1, 10),
}
POINT = {"optimizer.learning_rate": 0.01, "optimizer": "adam", "epochs": 3}
METRIC = "val/accuracy"


def record(count: int | None = 3, **options: Any) -> SweepRecord:
    return SweepRecord(
        id="s",
        yaml="method: random",
        overrides=("epochs=3",),
        seed=0,
        method="random",
        metric=METRIC,
        goal="maximize",
        count=count,
        state="running",
        created=datetime.now(UTC),
        options=options,
    )


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql() as running:
        # The tables take a second to make, and a copy of them no time.
        Ledger(running.database(), create=True, axes=AXES).close()
        yield running


BOTH = ["sqlite", pytest.param("postgresql", marks=[pytest.mark.slow, pytest.mark.xdist_group("postgresql")])]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "study.db")
    made: Server = request.getfixturevalue("server")
    return made.database(template="swatch_0")


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    ledger = Ledger(url, create=True, axes=AXES)
    ledger.create_sweep(record(), identity="made-from")
    yield ledger
    ledger.close()


def claim(ledger: Ledger, number: int = 0, agent: str | None = None, **changes: Any) -> Attempt | None:
    agent = agent or ledger.register("s", "agent")
    values: dict[str, Any] = {
        "point": {**POINT, "epochs": number + 1},
        "point_key": f"key-{number}",
        "overrides": ["optimizer=adam"],
        "run_id": f"s-{number}",
        "seed": 7,
        **changes,
    }
    return ledger.claim("s", agent, number=number, **values)


def taken(ledger: Ledger, number: int = 0, agent: str | None = None) -> Attempt:
    attempt = claim(ledger, number, agent)
    assert attempt is not None
    return attempt


def log(ledger: Ledger, attempt: Attempt, *values: float, start: int = 1) -> None:
    for offset, value in enumerate(values):
        ledger.log(attempt, [{"epoch": start + offset, METRIC: value}], first=offset == 0)


def only(ledger: Ledger) -> TrialRecord:
    (trial,) = ledger.trials("s")
    return trial


def test_a_trial_from_claim_to_end(ledger: Ledger) -> None:
    attempt = taken(ledger)
    running = only(ledger)
    assert (running.state, running.objective, running.ended) == (TrialState.RUNNING, None, None)
    log(ledger, attempt, 0.5, 0.7, 0.6)
    ledger.end_attempt(attempt, "finished", summary={"best": {"epoch": 2}})
    trial = only(ledger)
    assert trial.state is TrialState.FINISHED
    assert trial.objective == 0.7, "the best epoch counts, not the last"
    assert trial.history == [{"epoch": 1, METRIC: 0.5}, {"epoch": 2, METRIC: 0.7}, {"epoch": 3, METRIC: 0.6}]
    assert (trial.number, trial.run_id, trial.seed, trial.attempts) == (0, "s-0", 7, 1)
    assert trial.point == {**POINT, "epochs": 1}
    assert list(trial.point) == list(POINT)
    assert trial.overrides == ("optimizer=adam",)
    assert trial.summary == {"best": {"epoch": 2}}
    assert trial.seconds is not None and 0 <= trial.seconds < 60


def test_a_clock_that_is_set_while_a_trial_runs_does_not_change_its_time(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = taken(ledger)

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(hours=5)

    monkeypatch.setattr("swatch.sweep.ledger.attempts.datetime", Later)
    ledger.end_attempt(attempt, "interrupted", reason="Ctrl-C")
    # Begun by the new clock, and ended after that was set right.
    again = ledger.reclaim("s", ledger.register("s", "agent"), 0)
    assert again is not None
    monkeypatch.undo()
    ledger.end_attempt(again, "interrupted", reason="Ctrl-C")
    last = ledger.reclaim("s", ledger.register("s", "agent"), 0)
    assert last is not None
    monkeypatch.setattr("swatch.sweep.ledger.attempts.datetime", Later)
    ledger.end_attempt(last, "finished")
    trial = only(ledger)
    assert trial.seconds is not None and 0 <= trial.seconds < 60


def test_the_sweep_comes_back_as_it_was_stored(ledger: Ledger) -> None:
    stored = ledger.sweep("s")
    assert stored == record().__class__(**{**record().__dict__, "created": stored.created})
    ledger.update_sweep("s", state="interrupted", count=9, options={"retries": 5})
    changed = ledger.sweep("s")
    assert (changed.state, changed.count, changed.options) == ("interrupted", 9, {"retries": 5})
    assert ledger.find("s") == ("interrupted", "made-from")
    assert ledger.find("t") is None


def test_values_that_json_lacks_survive(ledger: Ledger) -> None:
    import numpy as np

    attempt = taken(ledger)
    ledger.log(attempt, [{"epoch": 1, METRIC: np.float32(0.5), "train/loss": math.inf}], first=True)
    ledger.log(attempt, [{"epoch": 2, METRIC: math.nan, "train/loss": 1.0}], first=False)
    trial = only(ledger)
    assert trial.history[0] == {"epoch": 1, METRIC: 0.5, "train/loss": math.inf}
    assert math.isnan(trial.history[1][METRIC])
    assert trial.objective == 0.5, "an epoch that is not a number is no result"


# Claiming


def test_a_claim_is_refused_for_the_wrong_number_a_known_point_and_a_full_sweep(ledger: Ledger) -> None:
    assert claim(ledger, 1) is None
    taken(ledger, 0)
    assert claim(ledger, 0) is None
    assert claim(ledger, 1, point_key="key-0") is None
    taken(ledger, 1)
    taken(ledger, 2)
    assert claim(ledger, 3) is None, "the sweep has three trials"
    assert [trial.number for trial in ledger.trials("s")] == [0, 1, 2]


def test_a_sweep_that_does_not_run_gives_no_trials(ledger: Ledger) -> None:
    first = taken(ledger)
    ledger.end_attempt(first, "interrupted")
    ledger.update_sweep("s", state="interrupted")
    assert claim(ledger, 1) is None
    assert ledger.reclaim("s", ledger.register("s", "agent"), 0) is None


CLAIMER = """
import sys
from swatch.sweep.ledger import Ledger
ledger = Ledger(sys.argv[1])
agent = ledger.register("s", "agent")
sys.stdin.read()
while True:
    number = len(ledger.trials("s", history=False))
    if number >= 40:
        break
    attempt = ledger.claim("s", agent, number=number, point={"x": number}, point_key=str(number),
                           overrides=[], run_id=f"s-{number}", seed=0)
    if attempt:
        ledger.log(attempt, [{"epoch": 1, "val/accuracy": number / 100}], first=True)
        ledger.end_attempt(attempt, "finished")
        print(number)
"""


def test_four_processes_claim_every_number_once(url: str, tmp_path: Path) -> None:
    ledger = Ledger(url, create=True)
    ledger.create_sweep(record(count=40), identity="")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    claimed = []
    for process in processes:
        assert process.stdout is not None
        claimed.append([int(line) for line in process.stdout.read().split()])
        assert process.wait() == 0
    assert sorted(number for numbers in claimed for number in numbers) == list(range(40))
    trials = ledger.trials("s")
    assert [trial.objective for trial in trials] == [number / 100 for number in range(40)]
    assert all(trial.state is TrialState.FINISHED for trial in trials)


def test_two_processes_make_the_tables_in_the_same_moment(tmp_path: Path) -> None:
    from optuna.storages._rdb import models

    url = sqlite_url(tmp_path / "study.db")
    first, second = Ledger(url, create=True), Ledger(url, create=True)

    # After the first has seen that there are no tables, and before it makes them.
    @event.listens_for(models.BaseModel.metadata, "before_create", once=True)
    def make_them_elsewhere(*_: Any, **__: Any) -> None:
        second.create_sweep(replace(record(), id="t"), identity="")

    first.create_sweep(record(), identity="")
    assert {sweep.id for sweep in first.sweeps()} == {"s", "t"}


# Crashes, fences, retries


def test_a_dead_agents_trial_waits_and_its_late_reports_are_refused(ledger: Ledger) -> None:
    agent = ledger.register("s", "agent")
    late = taken(ledger, 0, agent)
    log(ledger, late, 0.5)
    assert ledger.goodbye("s", agent, "killed by SIGKILL") == [0]
    waiting = only(ledger)
    assert (waiting.state, waiting.reason, waiting.ended) == (TrialState.WAITING, "killed by SIGKILL", None)
    for write in (
        lambda: log(ledger, late, 0.9, start=2),
        lambda: ledger.end_attempt(late, "finished"),
        lambda: ledger.end_attempt(late, "failed", reason="?"),
    ):
        with pytest.raises(Fenced, match="given up"):
            write()
    assert only(ledger) == waiting
    again = ledger.reclaim("s", ledger.register("s", "agent"), 0)
    assert again is not None
    assert (again.run_id, again.number, again.trial_number) == (late.run_id, 2, 0)
    with pytest.raises(Fenced):
        log(ledger, late, 0.9, start=2)
    log(ledger, again, 0.8, start=2)
    ledger.end_attempt(again, "finished")
    trial = only(ledger)
    assert (trial.state, trial.attempts, trial.objective) == (TrialState.FINISHED, 2, 0.8)
    assert [epoch["epoch"] for epoch in trial.history] == [1, 2]


def test_a_waiting_trial_is_taken_once(ledger: Ledger) -> None:
    ledger.end_attempt(taken(ledger), "interrupted", reason="Ctrl-C")
    first, second = (ledger.reclaim("s", ledger.register("s", "agent"), 0) for _ in range(2))
    assert first is not None and second is None


def test_goodbye_twice_changes_nothing(ledger: Ledger) -> None:
    agent = ledger.register("s", "agent")
    ledger.end_attempt(taken(ledger, 0, agent), "finished")
    assert ledger.goodbye("s", agent, "done") == []
    assert ledger.goodbye("s", agent, "died") == []
    assert ledger.processes("s") == []


def test_a_trial_that_keeps_crashing_is_given_up_but_progress_is_free(url: str) -> None:
    ledger = Ledger(url, create=True, axes=AXES)
    ledger.create_sweep(record(retries=1), identity="")

    def crash(attempt: Attempt | None, agent: str, *epochs: int) -> TrialState:
        assert attempt is not None
        for index, epoch in enumerate(epochs):
            ledger.log(attempt, [{"epoch": epoch, METRIC: 0.1}], first=index == 0)
        ledger.goodbye("s", agent, "killed")
        return only(ledger).state

    agents = [ledger.register("s", "agent") for _ in range(5)]
    assert crash(taken(ledger, 0, agents[0]), agents[0], 1, 2) is TrialState.WAITING
    # Logs again what the checkpoint had, and one epoch more: no charge.
    assert crash(ledger.reclaim("s", agents[1], 0), agents[1], 1, 2, 3) is TrialState.WAITING
    # Only what was known: charged, and the one retry is used up.
    assert crash(ledger.reclaim("s", agents[2], 0), agents[2], 1, 2, 3) is TrialState.WAITING
    assert crash(ledger.reclaim("s", agents[3], 0), agents[3]) is TrialState.CRASHED
    assert only(ledger).ended is not None
    ledger.update_sweep("s", options={"retries": 2})
    assert only(ledger).state is TrialState.WAITING, "the state is derived: more retries bring it back"


def test_the_time_between_two_attempts_is_not_the_trials(ledger: Ledger, url: str) -> None:
    ledger.end_attempt(taken(ledger), "interrupted", reason="Ctrl-C")
    again = ledger.reclaim("s", ledger.register("s", "agent"), 0)
    assert again is not None
    ledger.end_attempt(again, "finished")
    ledger.end_attempt(taken(ledger, 1), "failed")
    # As if the sweep had been interrupted for a night: 2 s of work, 9 hours, 3 s of work.
    moments = [(0, 2), (9 * 3600, 9 * 3600 + 3)]
    day = datetime(2026, 11, 23, tzinfo=UTC)
    with Database(url, create=False).write() as connection:
        for number, (begin, end) in enumerate(moments, start=1):
            values = {"started": day + timedelta(seconds=begin), "ended": day + timedelta(seconds=end)}
            chosen = (attempts.c.trial_id == again.trial_id) & (attempts.c.number == number)
            connection.execute(update(attempts).where(chosen).values(**values))
    trial, other = ledger.trials("s")
    assert (trial.seconds, trial.idle, other.idle) == (5.0, 9 * 3600 - 2, 0.0)
    assert ledger.overview("s")[0].seconds == 5.0
    assert progress([trial], 3, 1).left == 10.0


def test_an_interruption_is_never_charged(url: str) -> None:
    ledger = Ledger(url, create=True, axes=AXES)
    ledger.create_sweep(record(retries=0), identity="")
    attempt: Attempt | None = taken(ledger)
    for _ in range(3):
        assert attempt is not None
        ledger.end_attempt(attempt, "interrupted")
        attempt = ledger.reclaim("s", ledger.register("s", "agent"), 0)


def test_a_retry_that_starts_from_zero_replaces_the_history(ledger: Ledger) -> None:
    agent = ledger.register("s", "agent")
    log(ledger, taken(ledger, 0, agent), 0.9, 0.95, 0.97)
    ledger.goodbye("s", agent, "machine lost, and its checkpoint with it")
    again = ledger.reclaim("s", ledger.register("s", "agent"), 0)
    assert again is not None
    log(ledger, again, 0.2)
    trial = only(ledger)
    assert [epoch["epoch"] for epoch in trial.history] == [1]
    assert trial.objective == 0.2


# Reading


def test_changes_holds_what_is_new_and_nothing_else(ledger: Ledger) -> None:
    start, none = ledger.changes("s", 0)
    assert none == []
    first, second = taken(ledger, 0), taken(ledger, 1)
    seen, both = ledger.changes("s", start)
    assert [trial.number for trial in both] == [0, 1]
    log(ledger, second, 0.4)
    later, changed = ledger.changes("s", seen)
    assert [(trial.number, trial.objective) for trial in changed] == [(1, 0.4)]
    ledger.end_attempt(first, "failed", reason="ValueError: no")
    last, changed = ledger.changes("s", later)
    assert [(trial.number, trial.state, trial.reason) for trial in changed] == [
        (0, TrialState.FAILED, "ValueError: no")
    ]
    assert ledger.changes("s", last) == (last, [])


def test_reading_needs_no_optuna(ledger: Ledger, url: str) -> None:
    taken(ledger)
    program = (
        "import sys; from swatch.sweep.ledger import Ledger; ledger = Ledger(sys.argv[1]); "
        "print(len(ledger.trials('s')), ledger.sweeps()[0].id, ledger.changes('s', 0)[1][0].number); "
        "assert 'optuna' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=False)
    assert done.stdout == "1 s 0\n", done.stderr


def test_an_unknown_sweep_is_answered_with_the_nearest(url: str) -> None:
    ledger = Ledger(url, create=True)
    ledger.create_sweep(SweepRecord(**{**record().__dict__, "id": "quick-3f9a2c"}), identity="")
    with pytest.raises(UserError, match=r"no sweep 'quick-3f9a2d'.*Did you mean 'quick-3f9a2c'"):
        ledger.sweep("quick-3f9a2d")
    with pytest.raises(UserError, match="already has a sweep 'quick-3f9a2c'"):
        ledger.create_sweep(SweepRecord(**{**record().__dict__, "id": "quick-3f9a2c"}), identity="")
    assert [sweep.id for sweep in ledger.sweeps()] == ["quick-3f9a2c"]


# Files that are not ledgers


def test_a_ledger_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "study.db")
    Ledger(url, create=True, axes=AXES).close()
    with sqlite3.connect(tmp_path / "study.db") as connection:
        connection.execute("UPDATE swatch_ledger SET version = 99")
    connection.close()
    before = (tmp_path / "study.db").read_bytes()
    for create in (False, True):
        with pytest.raises(UserError, match="ledger version 99"):
            Ledger(url, create=create)
    assert (tmp_path / "study.db").read_bytes() == before


def test_what_is_no_ledger_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no ledger at"):
        Ledger(sqlite_url(tmp_path / "nothing.db"))
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"not a database at all" * 100)
    with pytest.raises(UserError, match=r"cannot be used: file is not a database\. It was left as it is; "):
        Ledger(sqlite_url(damaged))
    foreign = tmp_path / "foreign.db"
    sqlite3.connect(foreign).execute("CREATE TABLE other (x)").connection.close()
    with pytest.raises(UserError, match="holds no Swatch sweeps"):
        Ledger(sqlite_url(foreign))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("study.db", "is not a database URL"),
        ("sqlite://", "needs a file"),
        ("nosuch://host/db", "no driver for 'nosuch'"),
    ],
)
def test_a_wrong_url_is_said_in_one_line(url: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        Ledger(url, create=True)


# Optuna


def study(url: str) -> Any:
    import optuna

    return optuna.load_study(study_name="s", storage=url)


@pytest.mark.filterwarnings("ignore:The number of trials is too small")
def test_optuna_reads_every_attempt_as_a_trial(ledger: Ledger, url: str) -> None:
    import optuna

    agent = ledger.register("s", "agent")
    log(ledger, taken(ledger, 0, agent), 0.5, 0.6)
    ledger.goodbye("s", agent, "killed")
    again = ledger.reclaim("s", ledger.register("s", "agent"), 0)
    assert again is not None
    log(ledger, again, 0.7, start=3)
    ledger.end_attempt(again, "finished")
    stopped = taken(ledger, 1)
    log(ledger, stopped, 0.4, 0.3)
    ledger.end_attempt(stopped, "stopped", reason="hyperband")
    ledger.end_attempt(taken(ledger, 2), "failed", reason="ValueError")

    states = optuna.trial.TrialState
    trials = study(url).trials
    assert [trial.state for trial in trials] == [states.FAIL, states.COMPLETE, states.PRUNED, states.FAIL]
    assert [trial.value for trial in trials] == [None, 0.7, 0.4, None], "a stopped trial keeps its best value"
    assert trials[1].intermediate_values == {1: 0.5, 2: 0.6, 3: 0.7}, "the curve is whole after a resume"
    assert trials[1].params == {**POINT, "epochs": 1}
    assert trials[1].user_attrs == {"trial": 0, "run_id": "s-0", "attempt": 2, "seed": 7, "state": "finished"}
    assert trials[2].user_attrs["reason"] == "hyperband"
    assert study(url).best_trial.number == 1
    assert study(url).metric_names == [METRIC]
    assert set(optuna.importance.get_param_importances(study(url), target=lambda t: t.value)) == set(POINT)


def test_a_categorical_parameter_may_gain_choices(ledger: Ledger, url: str) -> None:
    ledger.end_attempt(taken(ledger, 0), "finished")
    wider = {**AXES, "optimizer": Axis("categorical", choices=("momentum", "sgd", "adam"))}
    second = Ledger(url, axes=wider)
    attempt = claim(second, 1, point={**POINT, "optimizer": "momentum"})
    assert attempt is not None
    trials = study(url).trials
    assert [trial.params["optimizer"] for trial in trials] == ["adam", "momentum"]
    assert trials[0].distributions["optimizer"].choices == ("adam", "sgd", "momentum")
    assert trials[0].distributions["optimizer"] == trials[1].distributions["optimizer"]


def test_a_rolled_back_claim_leaves_nothing_in_optuna(
    ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mirror is written inside the ledger's transaction: a death between the two is impossible."""
    from swatch.sweep.ledger import attempts

    def die(*_: object, **__: object) -> None:
        raise RuntimeError("killed here")

    monkeypatch.setattr(attempts, "Attempt", die)
    with pytest.raises(RuntimeError):
        claim(ledger, 0)
    assert ledger.trials("s") == []
    assert study(url).trials == []
