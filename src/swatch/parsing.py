"""Python code parsed by one thread at a time, where the interpreter's parser is not safe for several.

CPython 3.11.0 to 3.11.7 count the depth of syntax trees in one place for all threads, and raise SystemError
when two of them parse at once (https://github.com/python/cpython/issues/106905). Importing wandb parses much
of its own source, in the thread that tracks a run; meanwhile ``inspect.signature`` parses in the training,
and ``numpy.load`` the header of every array.
"""

from __future__ import annotations

import ast
import functools
import sys
import threading
from typing import Any

_SAFE = (3, 11, 8)
_install_lock = threading.Lock()


def parse_one_at_a_time(version: tuple[int, ...] = sys.version_info[:3]) -> None:
    """Put a lock around ``ast.parse`` in this process if the interpreter needs one; once is enough.

    Args:
        version: The interpreter's version.
    """
    with _install_lock:
        parse = ast.parse
        if version >= _SAFE or hasattr(parse, "__wrapped__"):
            return
        # Reentrant: the garbage collector may run anything in the middle of it.
        lock = threading.RLock()

        @functools.wraps(parse)
        def parse_alone(*arguments: Any, **options: Any) -> Any:
            with lock:
                return parse(*arguments, **options)

        ast.parse = parse_alone
