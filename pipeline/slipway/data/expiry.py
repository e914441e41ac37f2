"""What of a line is older than it is kept, found by names alone, and how it goes.

A folder is first taken out of sight by a rename and then deleted: whoever reads meanwhile sees all of
it or nothing, and a killed deletion is finished by the next (:mod:`slipway.data.drafts`).
"""

import json
import os
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow.compute as pc
import pyarrow.parquet as pq

from slipway.data import drafts, feature_files, parts
from slipway.data.part_chain import PartChain
from slipway.domain.declared_line import DeclaredLine

RECENT_S = 7 * 86_400.0
"""Wall seconds for which what was made again for an old interval stays, however old that is."""
_DAY = timedelta(days=1)


class Expired(NamedTuple):
    """Files that go together; ``at`` is the time that their age is counted from."""

    kind: str
    at: datetime
    paths: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(_size(path) for path in self.paths)


def log(home: Path, line: DeclaredLine, before: datetime) -> Iterator[Expired]:
    """Whole days of the log whose rows all arrived before a time; of posts, whole parts."""
    if not line.has_traffic:
        for path in sorted((home / "log" / "posts" / line.name).glob("[!.]*.parquet")):
            came = pq.read_table(path, columns=["arrived_at"])["arrived_at"]
            last = pc.max(came).as_py() or datetime.min.replace(tzinfo=UTC)
            if last < before:
                yield Expired("log", last, (path,))
        return
    days: dict[datetime, list[Path]] = {}
    for kind in (parts.EXPOSURES_KIND, parts.OUTCOMES_KIND):
        for path in (home / "log" / kind / f"line={line.name}").glob("date=*"):
            day = datetime.fromisoformat(path.name.removeprefix("date=")).replace(tzinfo=UTC)
            if day + _DAY <= before:
                days.setdefault(day, []).append(path)
    aside = home / "log" / "set-aside" / line.name
    for segment in sorted(aside.glob("*.jsonl")):
        beside = segment.with_suffix(".json")
        last = _time_in(beside, "last")
        if last is not None and last < before:
            yield Expired("log", last, (segment, beside))
    for day, paths in sorted(days.items()):
        yield Expired("log", day + _DAY, tuple(sorted(paths)))


def features(home: Path, line: DeclaredLine, before: datetime) -> Iterator[Expired]:
    """Feature tables of a time before ``before``, but for the newest: the router serves from it."""
    tables = feature_files.tables(home, line.name)[:-1]
    for at, path in (*tables, *feature_files.set_aside(home, line.name)):
        if at < before and not _is_recent(path):
            yield Expired("features", at, (path,))


def snapshots(
    home: Path, line: DeclaredLine, before: datetime, pinned: Collection[datetime]
) -> Iterator[Expired]:
    """Training tables of intervals that end before ``before`` and are not ``pinned``."""
    for path in sorted((home / "snapshots" / line.name).glob("[!.]*.parquet")):
        beside = path.with_suffix(".json")
        at = _interval_end(beside)
        if at is None or at in pinned or at >= before or _is_recent(path):
            continue
        found = (beside, path.with_suffix(".validation.json"), path)
        yield Expired("snapshots", at, tuple(each for each in found if each.exists()))


def rollups(home: Path, line: DeclaredLine, before: datetime) -> Iterator[Expired]:
    """Sums of hours before ``before``; the newest part of each chain stays: it says where to go on."""
    for folder in sorted((home / "rollups" / line.name).glob("[!.]*/")):
        for part in PartChain(folder).parts()[:-1]:
            if part.end <= before:
                tables = part.stem.parent.glob(f"{part.stem.name}.*.parquet")
                yield Expired("rollups", part.end, (part.commit_file, *sorted(tables)))


def evidence(
    home: Path, line: DeclaredLine, before: datetime, pinned: Collection[datetime]
) -> Iterator[Expired]:
    """Working folders and pages of runs of intervals that end before ``before`` and are not pinned."""
    work = home / "work" / line.name
    for path in sorted(work.glob("runs/[!.]*/")):
        at = _interval_end(path / "interval.json")
        if at is not None and at < before and at not in pinned and not _is_recent(path):
            yield Expired("evidence", at, (path,))


def _interval_end(path: Path) -> datetime | None:
    return _time_in(path, "end")


def _time_in(path: Path, word: str) -> datetime | None:
    """The time that a JSON file says under a word; None where there is none to read."""
    try:
        return datetime.fromisoformat(json.loads(path.read_text())[word]).astimezone(UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_recent(path: Path) -> bool:
    return time.time() - drafts.newest(path) < RECENT_S


def remove(expired: Expired) -> None:
    """Delete all of it, folders by a rename first; repeatable after a kill at any place."""
    for path in expired.paths:
        if path.is_dir():
            hidden = path.with_name(f"{drafts.EXPIRED}{path.name}")
            drafts.delete(hidden)  # of a deletion that was killed
            os.rename(path, hidden)  # noqa: PTH104 - refuses a folder that is there
            drafts.delete(hidden)
        else:
            path.unlink(missing_ok=True)
    for parent in {path.parent for path in expired.paths}:
        if not any(parent.iterdir()):
            parent.rmdir()


def _size(path: Path) -> int:
    try:
        if path.is_dir():
            return sum(_size(each) for each in path.iterdir())
        return path.stat().st_size
    except FileNotFoundError:
        return 0


__all__ = ["RECENT_S", "Expired", "evidence", "features", "log", "remove", "rollups", "snapshots"]
