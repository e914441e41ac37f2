"""A download that is either whole and right or not there, and digests of what a run holds."""

import hashlib
import shutil
import tempfile
from pathlib import Path, PurePosixPath

from slipway.artifact.digest import digest
from slipway.domain.errors import BadInput
from slipway.registry.names import RANKER_FOLDER
from slipway.registry.rest import Rest
from slipway.registry.shown import is_ranker

LARGEST_FILE = 512 * 2**20
"""Bytes: a file is held in memory while it is fetched."""


def download(rest: Rest, run_id: str, into: Path, expected: str) -> Path:
    """The ranker of a run in folder ``into``; raises BadInput for another digest than expected."""
    if into.is_dir() and any(into.iterdir()) and digest(into) == expected:
        return into
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=into.parent) as draft:
        part = Path(draft) / into.name
        part.mkdir()
        _fetch(rest, run_id, RANKER_FOLDER, part)
        found = digest(part)
        if found != expected:
            raise BadInput(
                f"{RANKER_FOLDER} of run {run_id}",
                found=found[:12],
                expected=f"the registered digest {expected[:12]}",
                next_step="somebody changed the artifacts: serve the last good version",
            )
        shutil.rmtree(into, ignore_errors=True)
        part.replace(into)
    return into


def sha256_below(rest: Rest, run_id: str, folder: str = "") -> dict[str, str]:
    """Path → hex SHA-256 of each of a run's files below ``folder``, the ranker's left out."""
    found = {}
    for path, size_bytes in rest.artifacts(run_id, folder):
        if is_ranker(path):
            continue
        if size_bytes > LARGEST_FILE:
            raise _foreign(path, f"at most {LARGEST_FILE} bytes")
        found[path] = hashlib.sha256(rest.artifact(run_id, path)).hexdigest()
    return found


def _fetch(rest: Rest, run_id: str, folder: str, into: Path) -> None:
    for path, size_bytes in rest.artifacts(run_id, folder):
        if size_bytes > LARGEST_FILE:
            raise _foreign(path, f"at most {LARGEST_FILE} bytes")
        target = into / _inside(path, folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(rest.artifact(run_id, path))


def _inside(path: str, folder: str) -> PurePosixPath:
    """The path below ``folder``; a path that leads out of it is refused."""
    whole = PurePosixPath(path)
    inner = whole.relative_to(folder) if whole.is_relative_to(folder) else PurePosixPath()
    if not inner.parts or ".." in inner.parts:
        raise _foreign(path, f"inside {folder}")
    return inner


def _foreign(path: str, expected: str) -> BadInput:
    return BadInput(
        "artifact of a run",
        found=path,
        expected=expected,
        next_step="look at the run: somebody logged a foreign file",
    )
