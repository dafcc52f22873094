#!/usr/bin/env python3
"""The program of W&B sweeps: `swatch train`, from the checkout or with an installed package.

Started by `wandb agent`, its arguments are a point of the sweep; started by hand, those of `swatch train`.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

if importlib.util.find_spec("swatch") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from swatch.cli import main

if __name__ == "__main__":
    # The agent tells its programs which sweep they belong to.
    from_agent = ["--from-agent", "--"] if os.environ.get("WANDB_SWEEP_ID") else []
    main(["train", *from_agent, *sys.argv[1:]])
