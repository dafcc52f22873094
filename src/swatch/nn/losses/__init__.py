"""The losses, one file each."""

from __future__ import annotations

from swatch.nn.losses.cross_entropy import CrossEntropy

__all__ = ["CrossEntropy"]
