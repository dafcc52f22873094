"""The ways in which a data set's files get onto this machine, one file each."""
