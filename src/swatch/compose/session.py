"""A Hydra instance over our config folders, without leaving a trace in the process's global Hydra."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hydra import initialize_config_dir
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf

from swatch.compose.locations import Locations

VERSION_BASE = "1.3"

# `${goal_of:val/loss}` in a config is "minimize": losses shrink, everything else that is logged grows.
OmegaConf.register_new_resolver(
    "goal_of", lambda metric: "minimize" if "loss" in str(metric) else "maximize", replace=True
)

_lock = threading.RLock()
_project_folders: list[Path] = []


class ProjectFirst(SearchPathPlugin):
    """Puts the project's ``conf/`` before ours while one of our sessions is open."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Prepend the project's folder to Hydra's search path."""
        for folder in _project_folders:
            search_path.prepend(provider="project", path=f"file://{folder}", anchor="main")


@contextmanager
def project_first(locations: Locations) -> Iterator[None]:
    """Let every Hydra that starts inside look into the project's folder before ours."""
    with _lock:
        Plugins.instance().register(ProjectFirst)
        _project_folders[:] = locations.folders[:-1]
        try:
            yield
        finally:
            _project_folders.clear()


@contextmanager
def session(locations: Locations) -> Iterator[GlobalHydra]:
    """Open a Hydra on ``locations``; a Hydra app that runs already in this process is put back after."""
    with project_first(locations):
        instance = GlobalHydra.instance()
        outer = instance.hydra
        instance.clear()
        try:
            with initialize_config_dir(
                str(locations.folders[-1]), job_name="swatch", version_base=VERSION_BASE
            ):
                yield GlobalHydra.instance()
        finally:
            GlobalHydra.instance().hydra = outer
