"""What is in a data set: counts, pixels, classes, copies."""
