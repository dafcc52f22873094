"""How many threads the matrix library uses."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def limit_threads(count: int) -> None:
    """Limit the BLAS libraries of this process, and of those it starts, to ``count`` threads.

    They read the environment when NumPy is first imported; afterwards they have to be told.
    """
    for variable in VARIABLES:
        os.environ[variable] = str(count)
    if "numpy" in sys.modules:
        import threadpoolctl

        threadpoolctl.threadpool_limits(count, user_api="blas")


@cache
def matrix_kernels() -> str:
    """Return which processor's kernels NumPy's BLAS runs, such as ``SkylakeX``; empty if it does not tell."""
    import numpy as np
    import threadpoolctl

    found = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    # SciPy brings a BLAS of its own; NumPy's lies in a folder beside it, numpy.libs.
    beside = str(Path(np.__file__).parent)
    numpys = [pool for pool in found if pool["filepath"].startswith(beside)] or found
    return str(numpys[0].get("architecture", "")) if numpys else ""
