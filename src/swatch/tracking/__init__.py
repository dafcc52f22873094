"""Where the facts of a run go: first its own directory, then wandb."""

from swatch.tracking.run_directory import RunDirectory
from swatch.tracking.tracker import Record, RunDescription, Tracker, Trackers

__all__ = ["Record", "RunDescription", "RunDirectory", "Tracker", "Trackers"]
