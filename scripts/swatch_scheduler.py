"""The ``source:`` of sweeps for ``wandb sweep-scheduler``; see swatch.sweep.wandb_scheduler for its YAML."""

from swatch.sweep.wandb_scheduler import bayes, grid, point, random

__all__ = ["bayes", "grid", "point", "random"]
