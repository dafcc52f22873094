"""Workspaces and reports in the W&B UI, set up through W&B's own library for it (``wandb-workspaces``)."""

from swatch.report.workspace.setting_up import Addresses, set_up

__all__ = ["Addresses", "set_up"]
