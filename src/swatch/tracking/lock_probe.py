"""Whether a run is at work, asked without writing to its folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock file ``path``.

    The process that trains a run holds its lock alone. Asking for a share of that lock fails then, and
    otherwise takes it for a moment and gives it back: nothing is made or written, so that this also works
    in a folder that only others may write to. In that moment the lock cannot be had for a training, which
    therefore tries for longer than that.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
