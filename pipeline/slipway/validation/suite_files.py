"""The files of a line's suites: generated, reviewed in git, never written by hand.

A change of the line is a change of just the lines that say it.
"""

from collections.abc import Mapping
from pathlib import Path


def differences(line_name: str, suites: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """Files below ``folder`` that say something else than the line; empty where all agree.

    ``suites`` gives the text that the line declares for each kind of table.
    """
    found = []
    for kind, text in suites.items():
        path = folder / line_name / f"{kind}.json"
        if not path.is_file():
            found.append(f"{path} is missing")
        elif path.read_text() != text:
            found.append(f"{path} {_first_difference(path.read_text(), text)}")
    return tuple(found)


def write(line_name: str, suites: Mapping[str, str], folder: Path) -> tuple[Path, ...]:
    """Write the suites below ``folder``; returns the files that changed."""
    changed = []
    for kind, text in suites.items():
        path = folder / line_name / f"{kind}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
            changed.append(path)
    return tuple(changed)


def _first_difference(there: str, wanted: str) -> str:
    both = zip([*there.splitlines(), "nothing"], [*wanted.splitlines(), "nothing"], strict=False)
    for number, (old, new) in enumerate(both, start=1):
        if old != new:
            return f"line {number} says {old.strip()!r}, the line declares {new.strip()!r}"
    return "is longer than what the line declares"
