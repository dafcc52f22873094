"""Data sets: how they are got, checked, split, normalized, augmented and cut into batches."""
