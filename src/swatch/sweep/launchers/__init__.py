"""What starts a sweep's agents: processes of this machine, or jobs of a Slurm cluster."""

from swatch.sweep.launchers.base import LOST, AgentHandle, Launcher
from swatch.sweep.launchers.chosen import make_launcher
from swatch.sweep.launchers.options import check_launcher, is_of_launcher

__all__ = ["LOST", "AgentHandle", "Launcher", "check_launcher", "is_of_launcher", "make_launcher"]
