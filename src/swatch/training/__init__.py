"""Training: the loop, its state on disk, and everything that watches it."""
