"""The digest of a model's files: registered by the pipeline, checked again by the router."""

import hashlib
from collections.abc import Mapping


def files_digest(files: Mapping[str, str]) -> str:
    """Hex SHA-256 over a folder's files, whatever their order or times.

    Args:
        files: relative POSIX path of each file → hex SHA-256 of its content.

    >>> files_digest({"b": "01", "a": "02"}) == files_digest({"a": "02", "b": "01"})
    True
    """
    lines = (f"{path}\0{digest}\n" for path, digest in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
