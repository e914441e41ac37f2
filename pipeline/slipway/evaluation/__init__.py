"""Candidate, champion and rules measured on the same held-out rows."""
