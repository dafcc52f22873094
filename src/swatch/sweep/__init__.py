"""Sweeps: W&B sweep YAMLs run by an engine that needs no server."""

from swatch.sweep.api import SweepResult, run

__all__ = ["SweepResult", "run"]
