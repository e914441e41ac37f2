"""Ibis is untyped: its objects by the names that they have here, without loading it."""

from typing import Any, TypeAlias

Table: TypeAlias = Any
"""``ibis.expr.types.Table``."""
Backend: TypeAlias = Any
"""``ibis.BaseBackend``."""
