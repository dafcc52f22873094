"""What is timed around the network: augmentations, and how long it takes until a training begins."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmark_case import AUGMENTATIONS, OURS, START_UP, Case, Step
from swatch.compose import build_plain

ROOT = Path(__file__).resolve().parent.parent
BATCH, IMAGES, CLASSES = 128, 60_000, 10
SLICE = ROOT / "tests" / "data" / "fashion-mnist-slice"
COMPOSE = "from swatch.compose import compose; composition = compose([])"
# Each goes on where the one before ends.
BEGINNINGS = {
    "import": "import swatch.nn, swatch.optim",
    "compose": COMPOSE,
    "data": f"{COMPOSE.replace('[]', repr([f'data.folder={SLICE}', 'data.checksums=null']))}; "
    "from swatch.training.data_cache import prepare_data; prepare_data(composition)",
    "help": "from swatch.cli import run; run(['--help'])",
}


def augmentation_case(choice: str) -> Case:
    """Return the case of one file of ``conf/augmentation``."""
    return Case(f"augment-{choice}", AUGMENTATIONS, lambda: _augmenting(choice), IMAGES // BATCH)


def start_up_cases() -> list[Case]:
    """Return the cases of new processes: importing, composing a config, preparing data, ``--help``."""
    return [Case(f"start-{name}", START_UP, _starting(code)) for name, code in BEGINNINGS.items()]


def _augmenting(choice: str) -> dict[str, Step]:
    file = ROOT / "conf" / "augmentation" / f"{choice}.yaml"
    augmentation: Any = build_plain(yaml.safe_load(file.read_text(encoding="utf-8")), "augmentation")
    generator = np.random.default_rng(0)
    source = generator.integers(0, 256, (BATCH, 28, 28, 1), dtype=np.uint8)
    images, inputs = source.copy(), np.empty(source.shape, np.float32)
    shares = np.eye(CLASSES, dtype=np.float32)[generator.integers(CLASSES, size=BATCH)]

    def step() -> None:
        np.copyto(images, source)
        changed = augmentation.apply(images, generator)
        if augmentation.mixes:
            np.copyto(inputs, changed)
            augmentation.mix(inputs, shares, generator)

    return {OURS: step}


def _starting(code: str) -> Callable[[], dict[str, Step]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path])}

    def step() -> None:
        subprocess.run([sys.executable, "-c", code], check=True, env=environment, stdout=subprocess.DEVNULL)

    return lambda: {OURS: step}
