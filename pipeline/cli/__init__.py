"""``slipway``: the line's release at a glance, the reviewer's page, the way back, and the stack."""

from pipeline.cli import audit, release, stack, suites
from pipeline.cli.app import app, main

__all__ = ["app", "audit", "main", "release", "stack", "suites"]
