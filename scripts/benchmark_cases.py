"""What scripts/benchmark.py times: a new case is one entry of ``cases``.

NumPy and torch read the environment when they are imported; scripts/benchmark.py sets it before it imports
this.
"""

from __future__ import annotations

from pathlib import Path

from benchmark_case import EPOCHS, Case
from benchmark_data import augmentation_case, start_up_cases
from benchmark_networks import network_case
from benchmark_optimizers import optimizer_cases
from benchmark_training import epoch_times
from swatch import nn

ROOT = Path(__file__).resolve().parent.parent


def cases() -> list[Case]:
    """Return all cases, in the order of their tables."""
    return [
        network_case("mlp-128-128-batch-64", lambda: nn.mlp(10, [128, 128]), 64),
        network_case("mlp-128-128-batch-32", lambda: nn.mlp(10, [128, 128]), 32),
        network_case("mlp-512-512-batch-128", lambda: nn.mlp(10, [512, 512]), 128),
        network_case("mlp-1024x3-batch-128", lambda: nn.mlp(10, [1024] * 3), 128),
        network_case("cnn-batch-64", lambda: nn.cnn(10), 64),
        network_case("resnet_small-batch-64", lambda: nn.resnet_small(10), 64),
        network_case("alexnet-batch-16", lambda: nn.alexnet(10), 16),
        *optimizer_cases(),
        Case("epoch-default", EPOCHS, times=lambda repeats: epoch_times([], repeats)),
        Case("epoch-mlp-128-128-batch-64", EPOCHS, times=lambda repeats: epoch_times(SMALL, repeats)),
        *(augmentation_case(file.stem) for file in sorted((ROOT / "conf" / "augmentation").glob("*.yaml"))),
        *start_up_cases(),
    ]


SMALL = ["model.hidden_sizes=[128,128]", "batch_size=64"]
