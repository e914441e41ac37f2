"""Verdicts and measurements as figures and pages for a reviewer."""
