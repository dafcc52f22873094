"""What starts a sweep's agents: this machine, Slurm or Ray."""

from swatch.sweep.launchers.base import LOST, AgentHandle, Launcher
from swatch.sweep.launchers.chosen import make_launcher
from swatch.sweep.launchers.options import check_launcher, is_of_launcher

__all__ = ["LOST", "AgentHandle", "Launcher", "check_launcher", "is_of_launcher", "make_launcher"]
