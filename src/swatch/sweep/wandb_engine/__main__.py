"""``python -m swatch.sweep.wandb_engine``: a worker, started by the controller."""

import sys

from swatch.sweep.wandb_engine.worker import main

if __name__ == "__main__":
    sys.exit(main())
