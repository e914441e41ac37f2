"""The digest of a model's files: what a release is bound to, and what the router checks again."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from slipway.domain.errors import BadInput


def digest(folder: Path) -> str:
    """The digest of a ranker's files, as registered; raises BadInput where there is no file."""
    files = sha256_of(folder)
    if not files:
        raise BadInput(
            f"ranker folder {folder.name}",
            found="no files",
            expected="a ranker",
            next_step="write the ranker first",
        )
    return files_digest(files)


def sha256_of(folder: Path) -> dict[str, str]:
    """Relative POSIX path → hex SHA-256 of the content of each file below ``folder``."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def files_digest(files: Mapping[str, str]) -> str:
    """Hex SHA-256 over a folder's files, whatever their order or times.

    Args:
        files: relative POSIX path of each file → hex SHA-256 of its content.

    >>> files_digest({"b": "01", "a": "02"}) == files_digest({"a": "02", "b": "01"})
    True
    """
    lines = (f"{path}\0{sha256}\n" for path, sha256 in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
