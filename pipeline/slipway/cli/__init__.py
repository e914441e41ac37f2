"""``slipway``: the line's release at a glance, the reviewer's page, the way back, and the stack."""

from slipway.cli import (
    audit,
    clusters,
    consistency,
    drill,
    imports,
    ledger,
    lines,
    new,
    privacy,
    readiness,
    release,
    review,
    schema,
    simulate,
    stack,
    suites,
    watch,
)
from slipway.cli.app import app, main

__all__ = [
    "app",
    "audit",
    "clusters",
    "consistency",
    "drill",
    "imports",
    "ledger",
    "lines",
    "main",
    "new",
    "privacy",
    "readiness",
    "release",
    "review",
    "schema",
    "simulate",
    "stack",
    "suites",
    "watch",
]
