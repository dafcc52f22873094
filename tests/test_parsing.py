"""Threads that parse Python at the same time, as the import of wandb and a training do."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from swatch.parsing import parse_one_at_a_time

# Four threads that change often, and objects whose collection lets them change in the middle of a tree.
RACE = """
import ast, inspect, sys, threading
from pathlib import Path

from swatch.parsing import parse_one_at_a_time

class Cycle:
    def __init__(self):
        self.itself = self
    def __del__(self):
        pass

def parse():
    try:
        for _ in range(5):
            ast.parse(source)
            [Cycle() for _ in range(50)]
    except SystemError as error:
        print(error)

parse_one_at_a_time()
source = Path(inspect.__file__).read_text()
sys.setswitchinterval(1e-5)
threads = [threading.Thread(target=parse) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_threads_that_parse_at_once_do_not_disturb_each_other() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RACE], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == ""


def test_only_interpreters_that_need_it_get_a_lock_and_they_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def own(source: str) -> str:
        return source

    monkeypatch.setattr(ast, "parse", own)
    for version in ((3, 11, 8), (3, 12, 0), (3, 13, 1)):
        parse_one_at_a_time(version)
    assert ast.parse is own
    parse_one_at_a_time((3, 11, 7))
    wrapped = ast.parse
    assert wrapped is not own
    parse_one_at_a_time((3, 11, 7))
    assert ast.parse is wrapped
    assert ast.parse("1") == "1"
