"""What JSON may hold."""

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A value as it was parsed: whoever reads it checks what it is."""
