"""The record of erasures: which data is no longer what it was, since when and why, and not of whom.

``erasures/<subject>-<begun>.jsonl`` holds one erasure: who asked for it, each file whose digest or
rows changed, and its end. A person is named by a keyed hash whose key (``erasures/subject.key``) never
leaves the home: it says whether two erasures were of one person, and tells nobody who that is.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from slipway import private_files
from slipway.domain.json_value import Json

_MAC_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure as it stands in its file; times are event times but for ``begun_wall_s``.

    ``changes`` have ``line``, ``kind``, ``what`` (a path in the home), ``rows``, and where they have
    them ``was`` and ``is`` (digests) and ``first`` and ``last`` (times of the erased rows).
    """

    path: Path
    subject: str
    at: datetime
    begun_wall_s: float
    by: str
    reason: str
    changes: tuple[dict[str, Any], ...] = ()
    ended: dict[str, Any] | None = field(default=None)


def subject_of(home: Path, user: str) -> str:
    """The keyed hash of a user's id."""
    return hmac.new(_key(home), user.encode(), hashlib.sha256).hexdigest()[:_MAC_LENGTH]


def _key(home: Path) -> bytes:
    path = home / "erasures" / "subject.key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=private_files.FOLDER_MODE)
    if not path.exists():
        draft = path.with_name(f".subject.key.{os.getpid()}.draft")
        descriptor = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # whoever comes first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


def begin(home: Path, user: str, *, at: datetime, wall_s: float, by: str, reason: str) -> Erasure:
    """The erasure of a user that has not ended, or else a new one."""
    subject = subject_of(home, user)
    for known in recorded(home):
        if known.subject == subject and known.ended is None:
            return known
    path = home / "erasures" / f"{subject[:16]}-{int(wall_s * 1e6)}.jsonl"
    said = {"subject": subject, "at": at.isoformat(), "wall_s": wall_s, "by": by, "reason": reason}
    _append(path, {"t": "begun", **said})
    return Erasure(path, subject, at, wall_s, by, reason)


def changed(erasure: Erasure, **facts: Json) -> None:
    """Say what is about to change, before it does; saying it twice counts once."""
    _append(erasure.path, {"t": "changed", **facts})


def end(erasure: Erasure, **facts: Json) -> None:
    """The erasure has ended: nothing is left of the person."""
    _append(erasure.path, {"t": "ended", **facts})


def _append(path: Path, said: dict[str, Any]) -> None:
    """One line on disk before this returns, after whatever half a line a kill has left."""
    with path.open("ab") as file:
        file.write(b"\n" + json.dumps(said, sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def recorded(home: Path) -> list[Erasure]:
    """All erasures, oldest first."""
    found = [_read(path) for path in (home / "erasures").glob("[!.]*.jsonl")]
    return sorted((each for each in found if each), key=lambda each: each.begun_wall_s)


def _read(path: Path) -> Erasure | None:
    head: dict[str, Any] | None = None
    changes: dict[str, dict[str, Any]] = {}
    ended = None
    for said in _lines(path):
        kind = said.pop("t", None)
        if kind == "begun":
            head = said
        elif kind == "changed":
            changes[json.dumps(said, sort_keys=True)] = said
        elif kind == "ended":
            ended = said
    if head is None:
        return None  # killed before it was on disk: nothing was erased
    at = datetime.fromisoformat(head["at"])
    return Erasure(
        path,
        head["subject"],
        at,
        head["wall_s"],
        head["by"],
        head["reason"],
        tuple(changes.values()),
        ended,
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue  # cut off by a kill; it is said again


def of_digest(home: Path, digest: str) -> Erasure | None:
    """The erasure that changed what had this digest."""
    changes = ((each, change) for each in recorded(home) for change in each.changes)
    return next((each for each, change in changes if change.get("was") == digest), None)


def touching(home: Path, line: str, first: datetime, last: datetime) -> list[Erasure]:
    """Erasures of rows of the line's log that were requested in ``[first, last)``."""
    return [each for each in recorded(home) if any(_of(c, line, first, last) for c in each.changes)]


def _of(change: dict[str, Any], line: str, first: datetime, last: datetime) -> bool:
    if change["line"] != line or change.get("first") is None:
        return False
    begins, ends = (datetime.fromisoformat(change[name]) for name in ("first", "last"))
    return bool(begins < last and ends >= first)
