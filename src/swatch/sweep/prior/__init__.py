"""Points that were known before a sweep: from a run, another sweep or a file."""
