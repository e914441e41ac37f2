"""``slipway``: the line's release at a glance, the reviewer's page, the way back, and the stack."""

from pipeline.cli import release, stack, suites
from pipeline.cli.app import app, main

__all__ = ["app", "main", "release", "stack", "suites"]
