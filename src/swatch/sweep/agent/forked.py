"""Processes that somebody's function forks: workers of a pool and the like. They are no agents."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any


def call_in_one_process(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """Call the function; a process that it has forked ends here if it comes back from it.

    It would go on as a second agent: end the trial with what it returned, and claim others.
    """
    owner, code = os.getpid(), 0
    try:
        return function(*arguments)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        raise
    except BaseException:
        code = 1
        if os.getpid() != owner:
            traceback.print_exc()
        raise
    finally:
        if os.getpid() != owner:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
            os._exit(code & 0xFF)


def forget_signals_when_forked() -> None:
    """Let signals mean to a forked process what they always do, whatever this one makes of them.

    With an agent's handlers it would outlive SIGTERM: a pool would take five seconds to end.
    """
    os.register_at_fork(after_in_child=_forget_signals)


def _forget_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
