"""The launcher that the config chose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swatch.sweep.launchers.base import Launcher


def make_launcher(
    settings: Mapping[str, Any], sweep_id: str, url: str, logs: Path, environment: Mapping[str, str]
) -> Launcher:
    """Return the launcher that the config chose.

    Args:
        settings: the config's group ``launcher``, checked; an empty one is that of local processes.
        sweep_id: the sweep to work on.
        url: the storage, with its password.
        logs: the folder of the agents' logs.
        environment: what is added to the agents' environment.
    """
    if settings.get("kind") == "slurm":
        from swatch.sweep.launchers.slurm import SlurmLauncher

        return SlurmLauncher(settings, sweep_id, url, logs, environment)
    if settings.get("kind") == "ray":
        from swatch.sweep.launchers.ray import RayLauncher

        return RayLauncher(settings, sweep_id, url, logs, environment)
    from swatch.sweep.launchers.processes import THREAD_VARIABLES, LocalLauncher

    threads = dict.fromkeys(THREAD_VARIABLES, str(settings.get("cpus", 1)))
    return LocalLauncher(sweep_id, url, logs, {**threads, **environment})
