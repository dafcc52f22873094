"""Tables and charts for the terminal."""
