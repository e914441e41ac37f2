"""Files of the feature tables: ``features/<line>/as_of=<time>``, a folder of counts in Parquet."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from slipway.data.groups import Group, counted_of
from slipway.domain.errors import BadInput, UnknownReference
from slipway.domain.line import Line

_FORMAT = "%Y%m%dT%H%M%S"


FeatureCounts = Mapping[str, Any]
"""Arrow tables of what is kept by the keys of each group; a code of -1, or a string that is null, was
missing when it was served."""


def folder(home: Path, line: Line, as_of: datetime) -> Path:
    """The folder of the table of ``as_of`` (whole seconds, UTC)."""
    return home / "features" / line.name / f"as_of={as_of.astimezone(UTC):{_FORMAT}}"


def path_of(home: Path, line: Line, group: Group, as_of: datetime) -> Path:
    """The file of a group in the table of ``as_of``."""
    return folder(home, line, group.time_of(as_of, line)) / f"{group.name}.parquet"


def is_whole(home: Path, line: Line, as_of: datetime) -> bool:
    """Whether the table of ``as_of`` has all groups of the line as it is declared now."""
    if not folder(home, line, as_of).exists():
        return False
    return all(path_of(home, line, group, as_of).exists() for group in counted_of(line))


def tables(home: Path, line_name: str) -> list[tuple[datetime, Path]]:
    """The computed tables, each with the time it is of, oldest first."""
    return sorted((_time(path), path) for path in (home / "features" / line_name).glob("as_of=*"))


def set_aside(home: Path, line_name: str) -> list[tuple[datetime, Path]]:
    """Tables of definitions that are not in use any more (:mod:`slipway.lines.apply`)."""
    found = (home / "features" / line_name).glob("set_aside/*/as_of=*")
    return sorted((_time(path), path) for path in found)


def _time(path: Path) -> datetime:
    text = path.name.removeprefix("as_of=").partition(".")[0]
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def latest(home: Path, line: Line, now: datetime) -> datetime | None:
    """The time of the newest whole table that is not after ``now``."""
    newest_first = (at for at, _ in reversed(tables(home, line.name)) if at <= now)
    return next((at for at in newest_first if is_whole(home, line, at)), None)


def stamp(home: Path, line: Line, as_of: datetime) -> int | None:
    """Changes whenever a file of the table does: an erasure takes a person out of it."""
    try:
        return folder(home, line, as_of).stat().st_mtime_ns
    except FileNotFoundError:
        return None


def read(home: Path, line: Line, as_of: datetime | None) -> FeatureCounts:
    """The counts of a computed table, by the group's name.

    Raises UnknownReference where it was not computed and BadInput where a file is corrupt.
    """
    if as_of is None or not is_whole(home, line, as_of):
        raise UnknownReference(
            f"features of {line.name} as of",
            found=as_of.isoformat() if as_of else None,
            expected="the time of a computed table",
            next_step="run slipway.data.features.compute for it",
        )
    return {group.name: _read(path_of(home, line, group, as_of)) for group in counted_of(line)}


def _read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(
            f"features {path}",
            found=str(error).splitlines()[0],
            expected="a whole Parquet file",
            next_step="remove the folder and compute it again: the numbers will be the same",
        ) from error
