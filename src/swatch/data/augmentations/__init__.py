"""Augmentations, one file each; a new one is a file here and a YAML in ``conf/augmentation``."""
