"""A sweep before it starts."""
