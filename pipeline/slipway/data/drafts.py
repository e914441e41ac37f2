"""What killed writers left: drafts that nobody will finish, and spilled rows that nobody will read.

A draft is recognised by its name and by its age, never by whether its writer lives: containers that
share a home do not see each other's processes.
"""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

ABANDONED_S = 86_400.0
"""Wall seconds without a change after which a draft is nobody's: no task may take longer than hours."""

EXPIRED = ".expired-"
"""Begins the name of what was taken out of sight before it is deleted."""

_ROOTS = ("erasures", "features", "keys", "log", "rollups", "router", "run", "snapshots", "work")
_DRAFT = re.compile(
    r"""^\..*\.draft$            # parts, pages, arrays
      | ^\.(draft|expired)-      # folders
      | \.\d+(\.\d+)?\.part$     # JSON files, by process and thread
      | \.part$                  # files of one writer
      | ^\.(state|request\.key)\.\d+$
      | ^tmp[a-z0-9_]{8}$        # downloaded versions, of 0.1
    """,
    re.VERBOSE,
)


def abandoned(home: Path, older_than_s: float = ABANDONED_S) -> list[Path]:
    """Drafts below ``home`` that nothing has changed for ``older_than_s`` wall seconds.

    What was taken out of sight to be deleted is nobody's at once.
    """
    before = time.time() - older_than_s
    found = [path for name in _ROOTS for path in _drafts(home / name)]
    spill = home / "spill"
    found += sorted(spill.iterdir()) if spill.is_dir() else []
    return [p for p in found if p.name.startswith(EXPIRED) or newest(p) < before]


def sweep(home: Path, older_than_s: float = ABANDONED_S) -> list[Path]:
    """Delete :func:`abandoned` drafts; returns them."""
    found = abandoned(home, older_than_s)
    for path in found:
        delete(path)
    return found


def delete(path: Path) -> None:
    """Delete a file or a folder; one that has gone meanwhile is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def newest(path: Path) -> float:
    """POSIX wall seconds of the last change of a file, or of anything in a folder."""
    inside = path.rglob("*") if path.is_dir() and not path.is_symlink() else ()
    times = [0.0]
    for each in (path, *inside):
        try:
            times.append(each.lstat().st_mtime)
        except FileNotFoundError:  # its writer has just finished it
            continue
    return max(times)


def _drafts(folder: Path) -> Iterator[Path]:
    """Drafts below ``folder``; nothing within one is looked for."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if _DRAFT.search(path.name):
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from _drafts(path)
