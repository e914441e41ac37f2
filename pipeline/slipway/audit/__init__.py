"""Leaks that nobody declared: what the rows of any labelled table say about its columns."""
