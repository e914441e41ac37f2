"""Files of the feature tables: ``features/<line>/as_of=<time>``, a folder of counts in Parquet."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from slipway.domain.errors import BadInput, UnknownReference
from slipway.domain.line import Line

_FORMAT = "%Y%m%dT%H%M%S"


FeatureCounts = Mapping[str, Any]
"""Arrow tables of exposures and clicks by the keys of each group; a code of -1 was missing when it was
served."""


def folder(home: Path, line: Line, as_of: datetime) -> Path:
    """The folder of the table of ``as_of`` (whole seconds, UTC)."""
    return home / "features" / line.name / f"as_of={as_of.astimezone(UTC):{_FORMAT}}"


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
    """The time of the newest table that is not after ``now``."""
    return max((at for at, _ in tables(home, line.name) if at <= now), default=None)


def stamp(home: Path, line: Line, as_of: datetime) -> int | None:
    """Changes whenever a file of the table does: an erasure takes a person out of it."""
    try:
        return folder(home, line, as_of).stat().st_mtime_ns
    except FileNotFoundError:
        return None


def read(home: Path, line: Line, as_of: datetime | None, groups: Sequence[str]) -> FeatureCounts:
    """The counts of ``groups`` in a computed table.

    Raises UnknownReference where it was not computed and BadInput where a file is corrupt.
    """
    path = folder(home, line, as_of) if as_of else None
    if path is None or not path.exists():
        raise UnknownReference(
            f"features of {line.name} as of",
            found=as_of.isoformat() if as_of else None,
            expected="the time of a computed table",
            next_step="run slipway.data.features.compute for it",
        )
    return {name: _read(path / f"{name}.parquet") for name in groups}


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
