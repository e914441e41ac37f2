"""Small JSON files that a reader sees whole or not at all."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from threading import get_ident
from typing import Any


def write(path: Path, value: Mapping[str, Any], *, indent: int | None = 1) -> Path:
    """Write ``value`` so that a reader sees all of it or nothing; returns ``path``."""
    part = path.with_suffix(f".{os.getpid()}.{get_ident()}.part")
    part.write_text(json.dumps(value, sort_keys=True, indent=indent))
    part.replace(path)
    return path


def read(path: str | Path) -> dict[str, Any]:
    """Read what :func:`write` wrote."""
    value: dict[str, Any] = json.loads(Path(path).read_text())
    return value
