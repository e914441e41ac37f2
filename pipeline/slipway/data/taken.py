"""How far a team's own tables were taken over into the log."""

from datetime import datetime
from pathlib import Path

from slipway.data import json_file
from slipway.domain.line import Line


def path_of(home: Path, line: Line) -> Path:
    """The file that says it."""
    return home / "log" / "own" / line.name / "taken.json"


def until(home: Path, line: Line) -> datetime | None:
    """The arrival time before which all rows are in the log; None before the first was taken."""
    path = path_of(home, line)
    return datetime.fromisoformat(json_file.read(path)["until"]) if path.is_file() else None
