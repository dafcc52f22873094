"""The controller of a sweep: its agents at work, and what is asked of the sweep while it runs."""
