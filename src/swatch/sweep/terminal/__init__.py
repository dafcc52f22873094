"""What the terminal shows of a sweep, while it runs and after."""
