"""Signals that come while another signal's handler, or the code that looks at the flag, is at work."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from swatch.sweep.agent.stop_flag import StopFlag

# After every single step of the handler, and of the wait that it interrupts, comes another SIGTERM.
SIGNALS = """
import os, signal, sys
from swatch.sweep.agent.process import _catch_signals
from swatch.sweep.agent.stop_flag import StopFlag

def again(frame, event, argument):
    sys.setprofile(None)
    os.kill(os.getpid(), signal.SIGTERM)
    sys.setprofile(again)

stop = StopFlag()
_catch_signals(stop, None)
sys.setprofile(again)
stop.wait(5.0)
stop.set()
sys.setprofile(None)
print("left")
"""


def test_signals_may_come_at_any_moment() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SIGNALS], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "left\n"


def test_a_wait_ends_when_the_flag_is_set() -> None:
    stop = StopFlag()
    stop.wait(0.01)
    assert not stop.is_set()
    threading.Timer(0.1, stop.set).start()
    began = time.monotonic()
    stop.wait(60.0)
    assert stop.is_set() and time.monotonic() - began < 30.0
