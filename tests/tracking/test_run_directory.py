"""The run directory: its files, its lock."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from swatch.errors import UserError
from swatch.tracking import RunDescription, RunDirectory

RUN = RunDescription("id", "name", {"model": {"hidden_sizes": [2, 3]}, "rate": 1e-05, "text": "é"}, ("a=1",))


def test_files_are_complete_by_themselves(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "id")
    directory.start(RUN)
    for epoch in (1, 2):
        directory.log(epoch, {"epoch": epoch, "val/loss": 0.1 + epoch})
    assert directory.read_summary() is None
    directory.confusion_matrix("val/confusion_matrix", ["a", "b"], [[1, 2], [3, 4]])
    directory.finish("finished", None, {"epochs": 2})
    assert yaml.safe_load(directory.config_file.read_text()) == RUN.config
    assert yaml.safe_load(directory.overrides_file.read_text()) == ["a=1"]
    assert directory.read_config() == RUN.config
    assert directory.read_history() == [{"epoch": 1, "val/loss": 1.1}, {"epoch": 2, "val/loss": 2.1}]
    assert directory.read_summary() == {"status": "finished", "reason": None, "epochs": 2}
    matrix = json.loads(directory.confusion_matrix_file.read_text())
    assert matrix["labels"] == ["a", "b"]
    assert matrix["counts"] == [[1, 2], [3, 4]]
    assert "hidden_sizes: [2, 3]" in directory.config_file.read_text()


def test_going_on_starts_from_the_given_history(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "id")
    directory.start(RUN)
    directory.log(1, {"epoch": 1})
    directory.log(2, {"epoch": 2})
    directory.finish("interrupted", "SIGINT", {})
    (directory.path / ".checkpoint.npz.abc.tmp").write_text("half")
    (directory.path / ".tracking.json.abc.tmp").write_text("a sync's, which is about to rename it")
    directory.start(RUN, [{"epoch": 1}])
    assert directory.read_history() == [{"epoch": 1}]
    assert directory.read_summary() is None
    assert [path.name for path in directory.path.glob(".*.tmp")] == [".tracking.json.abc.tmp"]


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "id")
    directory.start(RUN, [{"epoch": 1}])
    with directory.history_file.open("a") as file:
        file.write('{"epoch": 2, "val/')
    assert directory.read_history() == [{"epoch": 1}]


def test_nothing_there(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "none")
    assert (directory.read_summary(), directory.read_config(), directory.read_history()) == (None, None, [])
    assert not directory.is_alive()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "id")
    with directory.locked():
        assert directory.is_alive()
        with pytest.raises(UserError, match="'id' is being trained by another process"), directory.locked():
            pass
    assert not directory.is_alive()
    with directory.locked():
        pass


def test_a_run_begins_while_others_ask_whether_it_is_alive(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "id")
    with directory.locked():
        pass
    # Somebody who is asking, held up in the middle of it.
    asking = os.open(directory.path / ".lock", os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    goes_on = threading.Timer(0.1, os.close, (asking,))
    goes_on.start()
    with directory.locked():
        assert directory.is_alive()
    goes_on.join()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys\n"
        "from swatch.tracking import RunDirectory\n"
        "with RunDirectory(pathlib.Path(sys.argv[1])).locked():\n"
        "    print('held', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGSTOP)\n"
    )
    directory = RunDirectory(tmp_path / "id")
    with subprocess.Popen([sys.executable, "-c", program, directory.path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert directory.is_alive()
        process.kill()
        process.wait()
    assert not directory.is_alive()
