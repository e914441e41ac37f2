"""Definitions in an installation's home: ``lines/<name>/<digest>.json``, and which one is in use.

A file is written once and never changed; ``lines/<name>/in_use`` holds the digest of the one that runs
and DAGs follow.
"""

import os
import tempfile
from pathlib import Path

from slipway.domain.errors import BadInput
from slipway.lines.definition import Definition

FOLDER, IN_USE = "lines", "in_use"


def folder(home: Path, name: str) -> Path:
    """Where the definitions of a line are."""
    return home / FOLDER / name


def names(home: Path) -> tuple[str, ...]:
    """Lines with a definition in use, by name."""
    return tuple(sorted(path.parent.name for path in (home / FOLDER).glob(f"*/{IN_USE}")))


def write(home: Path, definition: Definition) -> Path:
    """Keep a definition; the same one again changes nothing."""
    path = folder(home, definition.name) / f"{definition.digest}.json"
    if not path.exists():
        _write(path, definition.to_text(), mode=0o400)
    return path


def in_use(home: Path, name: str) -> Definition | None:
    """The definition in use; None where the line was never planned. Raises BadInput for a damaged one."""
    try:
        digest = (folder(home, name) / IN_USE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    path = folder(home, name) / f"{digest}.json"
    try:
        found = Definition.from_text(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    if found.digest != digest:
        raise _damaged(path, f"of digest {found.short}")
    return found


def use(home: Path, name: str, digest: str) -> None:
    """Let runs and DAGs follow the kept definition ``digest`` from now on."""
    _write(folder(home, name) / IN_USE, f"{digest}\n", mode=0o600)


def retire(home: Path, name: str) -> None:
    """Leave a line without a definition in use; what was kept stays."""
    (folder(home, name) / IN_USE).unlink(missing_ok=True)


def _write(path: Path, text: str, *, mode: int) -> None:
    """Replace a file, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=".draft-", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).chmod(mode)
    Path(draft).replace(path)


def _damaged(path: Path, found: str) -> BadInput:
    return BadInput(
        f"definition {path}",
        found=found,
        expected="the file that its name says, unchanged",
        next_step="remove the file, then run slipway plan for the line",
    )
