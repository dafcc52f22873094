"""Whatever happens to wandb or its server, a training ends as it would have; the user is told once."""

from __future__ import annotations

import functools
import json
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from online_cases import files_with, online_server, rows, told

from swatch.compose import compose
from swatch.tracking import background, wandb_process
from swatch.tracking.background import BackgroundTracker
from swatch.training import ending
from swatch.training import run as run_module
from swatch.training.assembly import assemble
from swatch.training.callbacks.base import Callback
from swatch.training.outcome import RunResult
from swatch.training.run import train
from swatch.training.trainer import Trainer
from wandb_server import WandbServer

QUOTA = '{"errors":[{"message":"storage quota exceeded for entity someone"}]}'
Act = Callable[[WandbServer], object]


def _core() -> int:
    service = wandb_process._running()
    assert service is not None
    return service.pid


def _full_disk(server: WandbServer) -> None:
    """No file of wandb's process may grow any more."""
    resource.prlimit(_core(), resource.RLIMIT_FSIZE, (64, 64))


AT_THE_START: dict[str, Act] = {
    "down": lambda server: server.stop(),
    "hangs": lambda server: server.hang(),
    "slow": lambda server: server.slow(3),
    **{
        str(status): functools.partial(WandbServer.fail, status=status)
        for status in (401, 403, 404, 409, 429, 500)
    },
    "quota": lambda server: server.fail(403, body=QUOTA),
    "no folder": lambda server: None,  # see `obstructed`
}
IN_THE_MIDDLE: dict[str, Act] = {
    "down": lambda server: server.stop(),
    "hangs": lambda server: server.hang(),
    "slow": lambda server: server.slow(3),
    **{
        f"stream {status}": functools.partial(WandbServer.fail, status=status, where="file_stream")
        for status in (401, 403, 404, 409, 429, 500)
    },
    "quota for rows": lambda server: server.fail(403, where="file_stream", body=QUOTA),
    "quota for files": lambda server: server.fail(403, where="files", body=QUOTA),
    "key revoked": lambda server: server.revoke_key(),
    "run deleted": lambda server: server.fail(404),
    "wandb's process killed": lambda server: os.kill(_core(), signal.SIGKILL),
    "wandb's process stopped": lambda server: os.kill(_core(), signal.SIGSTOP),
}
PATIENCE = 1.0
SHARE = 0.5
"""What calls may take beyond that on a busy machine."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    monkeypatch.setattr(ending, "_told", False)
    with online_server(monkeypatch) as server:
        yield server


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of each call by which the training turns to tracking, in the training's own thread."""
    seconds: list[float] = []

    def timed(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            begin = time.monotonic()
            try:
                return call(*arguments, **options)
            finally:
                seconds.append(time.monotonic() - begin)

        return wrapped

    for name in ("start", "log", "confusion_matrix", "samples", "model", "finish", "wait_through_start"):
        monkeypatch.setattr(BackgroundTracker, name, timed(getattr(BackgroundTracker, name)))
    monkeypatch.setattr(run_module, "resolve_mode", timed(run_module.resolve_mode))
    monkeypatch.setattr("swatch.training.execution.drain", timed(background.drain))
    # How long wandb itself takes to start is no server's doing.
    monkeypatch.setattr(background, "START_SECONDS", 0.0)
    return seconds


class At(Callback):
    """Acts once, when the first epoch is done and the server knows the run."""

    def __init__(self, server: WandbServer, act: Act) -> None:
        self._server, self._act = server, act

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        if record["epoch"] == 1:
            self._server.wait(lambda: "UpsertBucket" in self._server.operations())
            time.sleep(0.1)  # until wandb has handed the run over
            self._act(self._server)


@pytest.fixture
def start(slice_overrides: list[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunResult]:
    def start(*overrides: str, callback: Callback | None = None) -> RunResult:
        def assembled(*arguments: Any) -> Trainer:
            trainer = assemble(*arguments)
            begin = trainer.run

            def run() -> Any:
                trainer.callbacks = (*trainer.callbacks, *([callback] if callback is not None else []))
                return begin()

            trainer.run = run  # type: ignore[method-assign]
            return trainer

        monkeypatch.setattr(run_module, "assemble", assembled)
        small = ("model.hidden_sizes=[16]", "epochs=3", "training.progress=false", "run.id=r")
        return train(compose([*slice_overrides, *small, "tracking.mode=online", *overrides]))

    return start


def check(
    result: RunResult,
    server: WandbServer,
    waited: list[float],
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    patience: float,
) -> None:
    assert (result.status, len(result.history)) == ("finished", 3)
    assert json.loads((result.directory / "summary.json").read_text())["status"] == "finished"
    assert sum(waited) <= patience + SHARE
    state = told(result.directory)
    assert (state["mode"], state["sent"]) == ("online", False)
    assert state["problem"]
    shown = capfd.readouterr()
    lines = [line for line in shown.err.splitlines() if "wandb" in line]
    assert len(lines) == 1, shown.err
    line = lines[0]
    assert line == (
        f"wandb does not have the whole run ({state['problem']}); "
        f"`swatch sync {os.path.relpath(result.directory)}` sends it"
    )
    assert "Traceback" not in shown.err + shown.out
    assert server.key not in shown.err + shown.out
    assert files_with(server.key, tmp_path) == []


@pytest.mark.parametrize("fault", AT_THE_START)
def test_from_the_start(
    fault: str,
    server: WandbServer,
    start: Callable[..., RunResult],
    waited: list[float],
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_module, "LEAVE_SECONDS", PATIENCE)
    if fault == "no folder":
        (tmp_path / "runs" / "r").mkdir(parents=True)
        (tmp_path / "runs" / "r" / "wandb").write_text("in the way")
    AT_THE_START[fault](server)
    check(start(), server, waited, capfd, tmp_path, PATIENCE)


@pytest.mark.parametrize("fault", IN_THE_MIDDLE)
def test_in_the_middle(
    fault: str,
    server: WandbServer,
    start: Callable[..., RunResult],
    waited: list[float],
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_module, "LEAVE_SECONDS", PATIENCE)
    result = start(callback=At(server, IN_THE_MIDDLE[fault]))
    check(result, server, waited, capfd, tmp_path, PATIENCE)


def test_a_full_disk_for_wandb_s_files(
    server: WandbServer, start: Callable[..., RunResult], waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it may well be that the server gets everything: what counts is that nothing is claimed wrongly."""
    monkeypatch.setattr(run_module, "LEAVE_SECONDS", PATIENCE)
    result = start(callback=At(server, _full_disk))
    assert (result.status, len(result.history)) == ("finished", 3)
    assert sum(waited) <= PATIENCE + SHARE
    if told(result.directory)["sent"]:
        assert (server.runs["r"].state, len(rows(server, "r"))) == ("finished", 3)
        assert {artifact.type for artifact in server.artifacts.values()} == {"model", "dataset", "run_table"}


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["down", "hangs", "slow", "stream 500", "wandb's process stopped"])
def test_the_longest_wait(
    fault: str,
    server: WandbServer,
    start: Callable[..., RunResult],
    waited: list[float],
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    result = start(callback=At(server, IN_THE_MIDDLE[fault]))
    check(result, server, waited, capfd, tmp_path, 5.0 - SHARE)


def test_a_healthy_server_gets_everything_and_nothing_is_said(
    server: WandbServer,
    start: Callable[..., RunResult],
    capfd: pytest.CaptureFixture[str],
) -> None:
    result = start()
    assert told(result.directory)["sent"] is True
    run = server.runs["r"]
    assert run.state == "finished"
    config = {key: value for key, value in run.config.items() if key != "_wandb"}
    assert config == compose_plain(result)
    assert "wandb" not in capfd.readouterr().err
    types = {artifact.type for artifact in server.artifacts.values()}
    assert types == {"model", "dataset", "run_table"}
    sizes = [path.stat().st_size for path in (result.directory / "wandb").rglob("*") if path.is_file()]
    assert sum(sizes) < 1_000_000


def compose_plain(result: RunResult) -> dict[str, Any]:
    from swatch.tracking import RunDirectory

    config = RunDirectory(result.directory).read_config()
    assert config is not None
    return config


def test_it_is_told_once_in_a_process(
    server: WandbServer, start: Callable[..., RunResult], capfd: pytest.CaptureFixture[str]
) -> None:
    server.revoke_key()
    start("run.id=one")
    start("run.id=two", "seed=5")
    assert capfd.readouterr().err.count("wandb does not have") == 1


def test_an_interrupted_run_ends_quickly(
    server: WandbServer,
    start: Callable[..., RunResult],
    waited: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_module, "INTERRUPTED_SECONDS", 0.3)

    def interrupt(server: WandbServer) -> None:
        server.hang()
        signal.raise_signal(signal.SIGTERM)

    result = start(callback=At(server, interrupt))
    assert result.status == "interrupted"
    assert sum(waited) < 0.3 + SHARE
    assert told(result.directory)["sent"] is False


def test_ctrl_c_ends_the_waiting(
    server: WandbServer, start: Callable[..., RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, earlier = BackgroundTracker.wait_through_start, signal.getsignal(signal.SIGINT)

    def wait(tracker: BackgroundTracker, seconds: float) -> bool:
        main = threading.main_thread().ident
        assert main is not None
        timer = threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT))
        timer.start()
        try:
            return waiting(tracker, seconds)
        finally:
            timer.cancel()

    monkeypatch.setattr(BackgroundTracker, "wait_through_start", wait)
    # Commands that a shell starts in the background ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        begin = time.monotonic()
        result = start(callback=At(server, WandbServer.hang))
    finally:
        signal.signal(signal.SIGINT, earlier)
    assert result.status == "finished"
    assert time.monotonic() - begin < 4
    assert told(result.directory)["sent"] is False


def test_sigterm_may_mean_that_the_sweep_stops_the_run(
    slice_overrides: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminate(Callback):
        def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
            signal.raise_signal(signal.SIGTERM)

    def assembled(*arguments: Any) -> Trainer:
        trainer = assemble(*arguments)
        begin = trainer.run

        def run() -> Any:
            trainer.callbacks = (Terminate(), *trainer.callbacks)
            return begin()

        trainer.run = run  # type: ignore[method-assign]
        return trainer

    monkeypatch.setattr(run_module, "assemble", assembled)
    composition = compose([*slice_overrides, "model.hidden_sizes=[16]", "epochs=3"])
    result = train(composition, sigterm="stopped")
    assert (result.status, len(result.history)) == ("stopped", 1)
    assert (result.reason or "").startswith("SIGTERM at epoch ")
    assert result.summary["confusion_matrix"]["labels"]
