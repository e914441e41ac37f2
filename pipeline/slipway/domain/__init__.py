"""Nouns of a release: values and their checks, standard library only."""
