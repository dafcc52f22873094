"""What came of a sweep, and how its trials stand to each other."""
