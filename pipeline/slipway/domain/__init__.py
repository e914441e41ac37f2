"""Nouns of a release: values and their checks; of vendors only NumPy, for sums of blocks."""
