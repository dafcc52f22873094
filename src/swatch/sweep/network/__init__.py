"""Whether a sweep fits the network's config."""
