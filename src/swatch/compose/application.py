"""`hydra.main` as a part of a larger command: its flags and jobs, our errors and exit codes."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from swatch.compose import diagnosis, documentation, locations, overrides
from swatch.compose.composition import Composition
from swatch.compose.engine import compose
from swatch.compose.locations import ROOT_CONFIG
from swatch.compose.session import VERSION_BASE, project_first
from swatch.errors import UserError

Job = Callable[[Composition], None]


def jobs(texts: Sequence[str], multirun: bool) -> list[Composition]:
    """Compose every job of a command before any of them starts.

    Raises:
        UserError: an override or a config file is wrong.
    """
    if not multirun:
        return [compose([text for text in texts if not overrides.is_hydra(overrides.parse(text))])]
    expanded = overrides.expand(list(texts), locations.find().groups)
    if not expanded:
        raise UserError("-m gives no training: one of the overrides matches no choice")
    return [compose(job) for job in expanded]


def run_hydra(flags: Sequence[str], texts: Sequence[str], job: Job) -> None:
    """Run a Hydra application in this process.

    Args:
        flags: Hydra's own flags, such as ``--multirun`` or ``--cfg=job``.
        texts: overrides.
        job: called with the composition of every job; Hydra calls it once, or once per combination.

    Raises:
        UserError: Hydra could not compose what it was asked to.
    """
    documentation.register()
    where = locations.find()

    def task(_: DictConfig) -> None:
        # Hydra has composed the same; ours is checked, and remembers its choices.
        job(compose(list(HydraConfig.get().overrides.task)))

    with tempfile.TemporaryDirectory(prefix="swatch-hydra-") as scratch, project_first(where):
        # Hydra insists on writing a multirun.yaml; what it says is in every run's own directory.
        house = [f'hydra.sweep.dir="{overrides.escape(scratch)}"'] if "--multirun" in flags else []
        arguments = ["swatch train", *flags, *house, *texts]
        decorate = hydra.main(
            config_path=str(where.folders[-1]), config_name=ROOT_CONFIG, version_base=VERSION_BASE
        )
        with _own_errors(), _arguments(arguments):
            try:
                decorate(task)()
            except (HydraException, OmegaConfBaseException) as error:
                parsed = [overrides.parse(text) for text in texts]
                raise UserError(diagnosis.explain(error, parsed, where)) from None


@contextmanager
def _arguments(arguments: list[str]) -> Iterator[None]:
    """Let Hydra, which reads ``sys.argv``, see only what is meant for it."""
    before, outer = sys.argv, GlobalHydra.instance().hydra
    sys.argv = arguments
    GlobalHydra.instance().clear()
    try:
        yield
    finally:
        sys.argv = before
        GlobalHydra.instance().hydra = outer


@contextmanager
def _own_errors() -> Iterator[None]:
    """Make Hydra raise its errors instead of printing them and leaving the process."""
    before = os.environ.get("HYDRA_FULL_ERROR")
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = before
