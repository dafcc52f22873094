"""Steps of every optimizer of conf/optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import benchmark_torch
from benchmark_case import OPTIMIZERS, OURS, Case, Step
from swatch import nn
from swatch.compose import build_plain

OPTIMIZER_FILES = Path(__file__).resolve().parent.parent / "conf" / "optimizer"
# Hidden sizes of the networks whose parameters are updated: 118,282 and 2,913,290 of them.
SIZES = {"118k": (128, 128), "2.9M": (1024, 1024, 1024)}


def optimizer_cases() -> list[Case]:
    """Return a case for every optimizer and size."""
    return [
        Case(f"{file.stem}-{size}", OPTIMIZERS, partial(_contestants, file, hidden))
        for size, hidden in SIZES.items()
        for file in sorted(OPTIMIZER_FILES.glob("*.yaml"))
    ]


def _contestants(file: Path, hidden: Sequence[int]) -> dict[str, Step]:
    parameters = nn.Network(nn.mlp(10, hidden), (784,), batch_size=1, seed=0).parameters
    parameters.gradients[:] = np.random.default_rng(0).standard_normal(parameters.size)
    optimizer: Any = build_plain(yaml.safe_load(file.read_text(encoding="utf-8")), "optimizer")
    optimizer.bind(parameters)
    # Some look at the loss.
    hyperparameters = {**optimizer.hyperparameters(), "loss": 1.0}
    steps: dict[str, Step] = {
        OURS: lambda: optimizer.step(parameters.values, parameters.gradients, hyperparameters)
    }
    return steps | benchmark_torch.optimizer_steps(file.stem, [segment.view for segment in parameters])
