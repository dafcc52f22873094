"""A data set as a page and in the terminal."""
