"""An agent and its trials: what happens in one process of a sweep."""
