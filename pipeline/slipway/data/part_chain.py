"""Immutable parts of whole hours that follow each other without gap, each there once or not at all.

A part is a few Parquet tables and a commit ``<day>/<from>.json`` that says where it ends. It exists
from the moment its commit does: creating that file is the compare-and-set, so of neighbours that
make a part at once one wins, and whoever is killed before it leaves nothing that is read.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from threading import get_ident
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from slipway.data import parts
from slipway.data.once import Doubles
from slipway.domain.errors import BadInput

_FORMAT, _DAY = "%Y%m%dT%H", 8
_KEYS = (
    *("block_start", "hour", "epoch", "stage", "arm", "version", "segment", "user"),
    *("column", "sense", "part"),  # of the watch
)
_PARTS_OF = {"trials": ("successes",), "requests": ("fallbacks",)}
"""Counts, and those that cannot be larger."""
NOTHING: Mapping[datetime, Doubles] = MappingProxyType({})
NO_DAY: Mapping[int, Sequence[float]] = MappingProxyType({})
NO_HOUR: Mapping[datetime, int] = MappingProxyType({})


class RollupPart(NamedTuple):
    """The hours ``[begin, end)``; ``stem`` is where its files lie."""

    begin: datetime
    end: datetime
    stem: Path

    def file(self, table: str) -> Path:
        """Where one of its tables is."""
        return self.stem.with_name(f"{self.stem.name}.{table}.parquet")

    @property
    def commit_file(self) -> Path:
        """The file that makes it exist."""
        return self.stem.with_name(f"{self.begin:{_FORMAT}}.json")


@dataclass(frozen=True)
class PartChain:
    """The parts in one folder."""

    folder: Path

    def part(self, begin: datetime, end: datetime) -> RollupPart:
        """The part of these hours, whether or not it exists."""
        name = f"{begin:{_FORMAT}}_{end:{_FORMAT}}"
        return RollupPart(begin, end, self.folder / name[:_DAY] / name)

    def _newest_first(self) -> Iterator[RollupPart]:
        for day in sorted(self.folder.glob("[!.]*"), reverse=True):
            for commit in sorted(day.glob("[!.]*.json"), reverse=True):
                begin, end = map(_time, (commit.stem, json.loads(commit.read_text())["to"]))
                yield self.part(begin, end)

    def parts(self, since: datetime | None = None) -> list[RollupPart]:
        """Committed parts in the order of time, back to the one that ``since`` is in.

        Older ones are not even listed: the time a look takes must not grow with the log's age.
        """
        found = []
        for part in self._newest_first():
            found.append(part)
            if since is not None and part.begin <= since:
                break
        return found[::-1]

    @property
    def end(self) -> datetime | None:
        """Where the newest part ends; None without a part."""
        newest = next(self._newest_first(), None)
        return newest.end if newest else None

    def commit(
        self,
        part: RollupPart,
        tables: dict[str, pa.Table],
        missing: Sequence[str] = (),
        *,
        doubles: Mapping[datetime, Doubles] = NOTHING,
        usual: Mapping[int, Sequence[float]] = NO_DAY,
        impossible: Mapping[datetime, int] = NO_HOUR,
        conflicting: Mapping[datetime, int] = NO_HOUR,
    ) -> None:
        """Write the tables, then create the commit with its content in one step.

        ``missing`` names the segments of the log that could not be read when it was made, ``doubles``
        is what was left out of each hour because it stood in the log more than once, ``usual`` what was
        usual among users, by the day since 1970, as far as the part has it, ``impossible`` how many
        outcomes of each hour have a value that they cannot have, and ``conflicting`` how many deliveries
        came with several.
        """
        for name, table in tables.items():
            parts.publish(table, part.file(name))
        commit = part.commit_file
        draft = commit.with_name(f".{part.stem.name}.{os.getpid()}.{get_ident()}.draft")
        said: dict[str, Any] = {"missing": list(missing)} if missing else {}
        if doubles:
            said["doubles"] = {f"{hour:{_FORMAT}}": list(of) for hour, of in doubles.items()}
        if usual:
            said["usual"] = {str(day): list(of) for day, of in usual.items()}
        for name, of_hours in (("impossible", impossible), ("conflicting", conflicting)):
            if of_hours:
                said[name] = {f"{hour:{_FORMAT}}": rows for hour, rows in of_hours.items()}
        draft.write_text(json.dumps({"to": f"{part.end:{_FORMAT}}"} | said))
        try:
            os.link(draft, commit)
        except FileExistsError:
            pass  # a neighbour made a part from here; its numbers are the same
        finally:
            draft.unlink()

    def doubles(self, part: RollupPart) -> dict[datetime, Doubles]:
        """What was left out of each hour of a committed part; nothing where it does not say."""
        said = json.loads(part.commit_file.read_text()).get("doubles", {})
        return {_time(hour): Doubles(*of) for hour, of in said.items()}

    def impossible(self, part: RollupPart) -> dict[datetime, int]:
        """Outcomes of each hour of a committed part whose value they cannot have."""
        return _counts_of(part, "impossible")

    def conflicting(self, part: RollupPart) -> dict[datetime, int]:
        """Deliveries of each hour of a committed part that came with several values."""
        return _counts_of(part, "conflicting")

    def usual(self, part: RollupPart) -> dict[int, tuple[float, ...]]:
        """What was usual among users in each day of a committed part; nothing where it does not say."""
        said = json.loads(part.commit_file.read_text()).get("usual", {})
        return {int(day): tuple(of) for day, of in said.items()}

    def between(self, since: datetime, before: datetime) -> list[RollupPart]:
        """The parts that hold hours of ``[since, before)``; raises BadInput where one is missing."""
        wanted = [p for p in self.parts(since) if p.end > since and p.begin < before]
        for part, then in pairwise(wanted):
            if part.end != then.begin:
                raise _damaged(then.stem, f"a part from {then.begin}", f"one from {part.end}")
        return wanted


def _counts_of(part: RollupPart, name: str) -> dict[datetime, int]:
    said = json.loads(part.commit_file.read_text()).get(name, {})
    return {_time(hour): int(rows) for hour, rows in said.items()}


def _time(text: str) -> datetime:
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def read(wanted: list[RollupPart], table: str, schema: pa.Schema) -> pa.Table:
    """One table of several parts; raises BadInput naming one that is damaged or cannot be."""
    tables = [schema.empty_table()]
    for part in wanted:
        path = part.file(table)
        try:
            rows = parts.read_file(path).cast(schema)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _damaged(path, str(error).splitlines()[0], "a whole Parquet file") from error
        _check(path, rows)
        tables.append(rows)
    return pa.concat_tables(tables)


def columns(wanted: list[RollupPart], table: str, schema: pa.Schema) -> pa.Table:
    """Some columns of one table of several parts, unchecked; raises BadInput as :func:`read`."""
    tables = [schema.empty_table()]
    for part in wanted:
        path = part.file(table)
        try:
            tables.append(parts.read_file(path, schema.names).cast(schema))
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            raise _damaged(path, str(error).splitlines()[0], "a whole Parquet file") from error
    return pa.concat_tables(tables)


def within(column: str, table: pa.Table, since: datetime, before: datetime) -> pa.Table:
    """The rows whose time in ``column`` is in ``[since, before)``."""
    at = table[column]
    low, high = (pa.scalar(time, at.type) for time in (since, before))
    return table.filter(pc.and_(pc.greater_equal(at, low), pc.less(at, high)))


def _check(path: Path, rows: pa.Table) -> None:
    keys = [name for name in _KEYS if name in rows.column_names]
    if rows.group_by(keys).aggregate([]).num_rows < rows.num_rows:
        raise _damaged(path, "a row twice", f"each {', '.join(keys)} once")
    for total, smaller in _PARTS_OF.items():
        for part in smaller if {total, *smaller} <= set(rows.column_names) else ():
            missed = pc.subtract(rows[total], rows[part])
            least = [pc.min(column).as_py() or 0 for column in (rows[part], missed)]
            if min(least) < 0:
                raise _damaged(path, f"counts as low as {min(least)}", f"0 <= {part} <= {total}")


def _damaged(path: Path, found: str, expected: str) -> BadInput:
    return BadInput(
        f"rollup {path}",
        found=found,
        expected=expected,
        next_step="restore it, or remove the line's rollups: they are made again",
    )
