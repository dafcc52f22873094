"""Everything about a training that is not the training step: one callback, one file."""
