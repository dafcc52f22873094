"""The dashboard: sweeps, runs and comparisons in the browser, while they go on. It only reads."""
