"""Pausing, stopping, cancelling and going on, from another terminal."""

from __future__ import annotations

import importlib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from process_cases import (
    agent_pids,
    command,
    finish,
    is_alive,
    ledger_of,
    started,
    wait_for,
    wait_for_reports,
    write_function_sweep,
)
from process_cases import trials_of as trials_of_process
from sweep_cases import Ended, make_agent, make_sweep, open_ledger, parabola, trials_of, work

import swatch.sweep
from swatch.cli import run
from swatch.errors import Interrupted, UserError
from swatch.sweep.agent.agent import AgentEnd
from swatch.sweep.agent.trial import Trial
from swatch.sweep.controller import orders
from swatch.sweep.controller.orders import give_order, go_on
from swatch.sweep.ledger import Ledger, sqlite_url
from swatch.sweep.ledger.control import Control
from swatch.sweep.records import SweepState, TrialState

OBEYED_WITHIN = 2.0


@contextmanager
def working(folder: Path, runner: Any) -> Iterator[list[AgentEnd]]:
    """Let an agent work in another thread; its end is in the list behind the block."""
    ends: list[AgentEnd] = []
    agent = make_agent(folder, runner)
    thread = threading.Thread(target=lambda: ends.append(agent.work()))
    thread.start()
    try:
        yield ends
    finally:
        thread.join(30)
        agent.stop.set()
        thread.join(5)
    assert not thread.is_alive()


def order(folder: Path, state: SweepState) -> None:
    assert open_ledger(folder).change_state("s", state, only_from=list(SweepState))


def test_a_paused_sweep_begins_nothing_until_it_goes_on(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=3)

    def pauses(trial: Trial) -> Ended:
        if trial.number == 0:
            order(tmp_path, SweepState.PAUSED)
        return parabola(trial)

    with working(tmp_path, pauses):
        wait_for(lambda: bool(trials_of(tmp_path)) and trials_of(tmp_path)[0].state.is_over, "trial 0")
        time.sleep(1.0)
        assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"]
        order(tmp_path, SweepState.RUNNING)
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


def test_a_sweep_that_stops_finishes_what_it_has_begun(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=9)
    seen: list[int] = []

    def first_leaves_then_stops(trial: Trial) -> Ended:
        seen.append(trial.number)
        if len(seen) == 1:
            trial.log({"epoch": 1, "loss": 1.0})
            return Ended("interrupted", "gave it back")
        if len(seen) == 2:
            order(tmp_path, SweepState.STOPPING)
        return parabola(trial)

    with working(tmp_path, first_leaves_then_stops):
        pass
    order(tmp_path, SweepState.STOPPING)
    with working(tmp_path, first_leaves_then_stops) as ends:
        pass
    assert seen == [0, 0]
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"]
    assert ends == [AgentEnd("the sweep is to stop", interrupted=True)]


def test_a_cancelled_sweep_gets_its_trial_back_within_two_seconds(tmp_path: Path) -> None:
    make_sweep(tmp_path)
    begun, ended = threading.Event(), []

    def one_long_epoch(trial: Trial) -> Ended:
        begun.set()
        while not trial.should_stop():
            time.sleep(0.01)
        ended.append(time.monotonic())
        return Ended("interrupted", "told to stop")

    with working(tmp_path, one_long_epoch) as ends:
        assert begun.wait(10)
        since = time.monotonic()
        order(tmp_path, SweepState.CANCELLING)
    assert ended[0] - since < OBEYED_WITHIN
    assert [trial.state for trial in trials_of(tmp_path)] == [TrialState.WAITING]
    assert ends[0].interrupted


def test_an_order_outlives_the_controller_that_did_not_carry_it_out(tmp_path: Path) -> None:
    make_sweep(tmp_path)
    ledger = open_ledger(tmp_path)
    for state in SweepState:
        ledger.update_sweep("s", state=state)
        kept = state in (SweepState.PAUSED, SweepState.STOPPING, SweepState.CANCELLING)
        with Control(ledger, "s"):
            assert ledger.standing("s")[0] is (state if kept else SweepState.RUNNING)


OBEYED = [
    ("pause", "running", "sweep s is paused: nothing new begins. To go on: swatch sweep --resume s"),
    ("pause", "paused", "sweep s is paused already"),
    ("stop", "paused", "sweep s stops: nothing new begins; then the sweep ends"),
    ("cancel", "stopping", "sweep s is cancelled. To go on: swatch sweep --resume s"),
]
REFUSED = [
    ("pause", "stopping", True, "sweep s is stopping; it cannot be asked to pause."),
    ("stop", "cancelling", True, "sweep s is cancelling; it cannot be asked to stop."),
    ("stop", "finished", True, "sweep s does not run (finished); there is nothing to stop."),
    (
        "pause",
        "running",
        False,
        "sweep s does not run (interrupted: its processes died); there is nothing to pause. "
        "To go on: swatch sweep --resume s",
    ),
]


def test_orders_that_can_and_that_cannot_be_obeyed(tmp_path: Path) -> None:
    make_sweep(tmp_path)
    ledger = open_ledger(tmp_path)
    for name, before, answer in OBEYED:
        with Control(ledger, "s"):
            ledger.update_sweep("s", state=SweepState(before))
            assert give_order(name, "s", ledger.url) == answer
    for name, before, lives, message in REFUSED:
        controller = ledger.register("s", "controller") if lives else None
        ledger.update_sweep("s", state=SweepState(before))
        with pytest.raises(UserError) as caught:
            give_order(name, "s", ledger.url)
        assert str(caught.value) == message
        assert ledger.standing("s")[0] == before, "nothing was changed"
        if controller is not None:
            ledger.goodbye("s", controller, "done")
    with pytest.raises(UserError, match=r"there is no sweep 's2' in this ledger\. Did you mean 's'\?"):
        give_order("cancel", "s2", ledger.url)


def test_resume_lets_a_held_sweep_go_on_and_gives_a_running_one_more_trials(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=4)
    ledger = open_ledger(tmp_path)
    with Control(ledger, "s"):
        ledger.update_sweep("s", state=SweepState.PAUSED)
        assert go_on("s", ledger.url, None) == "sweep s goes on"
        assert ledger.standing("s") == (SweepState.RUNNING, 4)
        assert go_on("s", ledger.url, 6) == "sweep s goes on, with 6 trials in all"
        assert ledger.standing("s") == (SweepState.RUNNING, 6)
        assert go_on("s", ledger.url, None) is None
        ledger.update_sweep("s", state=SweepState.CANCELLING)
        with pytest.raises(UserError, match="is being cancelled"):
            go_on("s", ledger.url, None)
    ledger.update_sweep("s", state=SweepState.PAUSED)
    assert go_on("s", ledger.url, None) is None
    assert ledger.standing("s")[0] is SweepState.INTERRUPTED


def test_resume_with_fewer_trials_than_have_begun_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=2)
    work(tmp_path, parabola)
    ledger = open_ledger(tmp_path)
    with Control(ledger, "s"):
        ledger.update_sweep("s", state=SweepState.PAUSED)
        with pytest.raises(UserError, match="sweep s has begun 2 trials already, more than 1"):
            go_on("s", ledger.url, 1)
        assert ledger.standing("s") == (SweepState.PAUSED, 2)


SWEEP = {
    "method": "random",
    "name": "line",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
}


def test_a_sweep_in_this_process_is_stopped_and_cancelled_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {1: "stop", 3: "cancel"}

    def train(parameters: dict[str, Any], trial: Any) -> None:
        if trial.number in asked:
            give_order(asked.pop(trial.number), "s", None)
            time.sleep(1.2)
        trial.report({"loss": parameters["x"]})

    def go() -> swatch.sweep.SweepResult:
        return swatch.sweep.run(SWEEP, train, count=5, name="s", home=tmp_path / "runs", tracking="disabled")

    monkeypatch.setenv("SWATCH_HOME", str(tmp_path / "runs"))
    assert len(go().trials) == 2
    assert "sweep s was stopped after 2 of 5 trials" in capsys.readouterr().err
    ledger = Ledger(sqlite_url(tmp_path / "runs" / "sweeps" / "s" / "study.db"))
    assert ledger.standing("s")[0] is SweepState.STOPPED
    with pytest.raises(Interrupted, match="sweep s was cancelled; the same call goes on"):
        go()
    assert ledger.standing("s")[0] is SweepState.CANCELLED
    assert [trial.state.value for trial in ledger.trials("s")] == ["finished"] * 3 + ["waiting"]
    assert [trial.state.value for trial in go().trials] == ["finished"] * 5
    assert ledger.standing("s")[0] is SweepState.FINISHED


@pytest.mark.parametrize("agents", [1, 2])
def test_more_trials_that_are_asked_for_just_as_the_sweep_ends_are_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, agents: int
) -> None:
    """With one agent the sweep runs in this process, with two in processes of their own."""
    end_sweep, asked = Ledger.end_sweep, iter([True])

    def ends_late(ledger: Ledger, sweep_id: str, state: SweepState, **seen: Any) -> bool:
        if next(asked, False):
            assert go_on("s", ledger.url, 4) == "sweep s goes on, with 4 trials in all"
        return end_sweep(ledger, sweep_id, state, **seen)

    monkeypatch.setattr(Ledger, "end_sweep", ends_late)
    monkeypatch.setenv("SWATCH_HOME", str(tmp_path / "runs"))
    (tmp_path / "quick.py").write_text(
        "def train(parameters, trial):\n    trial.report({'loss': parameters['x']})\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    train = importlib.import_module("quick").train
    result = swatch.sweep.run(SWEEP, train, count=2, name="s", agents=agents, tracking="disabled")
    monkeypatch.delitem(sys.modules, "quick")
    assert [trial.state.value for trial in result.trials] == ["finished"] * 4
    assert Ledger(sqlite_url(tmp_path / "runs" / "sweeps" / "s" / "study.db")).standing("s") == (
        SweepState.FINISHED,
        4,
    )


def test_more_trials_for_a_sweep_that_has_just_ended_wait_for_its_controller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_sweep(tmp_path, count=2)
    work(tmp_path, parabola)
    ledger = open_ledger(tmp_path)
    monkeypatch.setattr(orders, "LEAVING_SECONDS", 0.3)
    with Control(ledger, "s"):
        assert ledger.end_sweep("s", SweepState.FINISHED, seen=(SweepState.RUNNING, 2))
        with pytest.raises(UserError, match="sweep s has ended, but its controller has not left yet"):
            go_on("s", ledger.url, 5)
        monkeypatch.setattr(orders, "LEAVING_SECONDS", 20.0)
        found: list[str | None] = ["nothing"]
        asking = threading.Thread(target=lambda: found.append(go_on("s", ledger.url, 5)))
        asking.start()
        time.sleep(0.3)
        assert asking.is_alive()
    asking.join(10)
    assert found == ["nothing", None], "the caller is to start it"
    assert ledger.standing("s") == (SweepState.FINISHED, 2)


def test_two_orders_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "--stop", "a", "--cancel", "b"]) == 2
    assert "--stop and --cancel are two orders; give one of them." in capsys.readouterr().err


@pytest.mark.slow
def test_from_another_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_function_sweep(tmp_path)
    monkeypatch.chdir(tmp_path)

    def states() -> list[str]:
        return [trial.state.value for trial in trials_of_process(tmp_path)]

    with started(command(count=6), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        assert run(["sweep", "--pause", "s"]) == 0
        (tmp_path / "go-0").touch()
        (tmp_path / "go-1").touch()
        wait_for(lambda: states() == ["finished"] * 2, "the running trials")
        pids = list(agent_pids(tmp_path).values())
        process.kill()
        wait_for(lambda: not any(map(is_alive, pids)), "the end of the agents")
    ledger = ledger_of(tmp_path)
    assert ledger.standing("s")[0] is SweepState.PAUSED

    with started(command(count=6), tmp_path) as process:
        wait_for(lambda: (now := ledger.controller("s")) is not None and now.pid == process.pid, "it")
        time.sleep(2)
        assert states() == ["finished"] * 2
        assert run(["sweep", "--resume", "s"]) == 0
        wait_for_reports(tmp_path, 2)
        since = time.monotonic()
        assert run(["sweep", "--cancel", "s"]) == 0
        wait_for(lambda: states() == ["finished"] * 2 + ["waiting"] * 2, "the trials back")
        assert time.monotonic() - since < OBEYED_WITHIN
        code, _, err = finish(process)
    assert code == 130
    assert "paused: running trials go on to their end" in err and "going on" in err
    assert err.splitlines()[-1].startswith("swatch: sweep s is cancelled after 2 of 6 trials; ")

    with started(command(count=6), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        assert run(["sweep", "--stop", "s"]) == 0
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert states() == ["finished"] * 4
    assert "sweep s was stopped after 4 of 6 trials; to go on: swatch sweep --resume s" in err
