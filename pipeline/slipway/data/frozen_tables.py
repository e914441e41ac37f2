"""Frozen training tables on disk: what is in one, its digest, and reading it back as it was.

The digest of a table is over what it says, not over its file.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from slipway.data import erasures, parts
from slipway.data.erasures import Erasure
from slipway.domain.errors import BadInput, UnknownReference

_ORDER = ("request_id", "position")
_MISSING = -1  # the length of a word that is not there


@dataclass(frozen=True)
class Snapshot:
    """A frozen table and what is in it; ``digest`` is hex SHA-256 of its content.

    ``splits`` gives the rows of ``train`` and ``holdout``, ``clicks`` their clicks (or the sum of what came), and
    ``available`` the rows there were before requests were sampled. ``unknown_outcomes`` arrived in
    the interval for requests or items that were never shown. ``missing`` names segments of the log
    that could not be read when it was frozen, and whose rows could have been in it. ``impossible_outcomes``
    have a value that they cannot have, and are in no row.
    """

    path: Path
    line: str
    digest: str
    rows: int
    start: datetime
    end: datetime
    splits: Mapping[str, int]
    clicks: Mapping[str, int]
    available: Mapping[str, int]
    unknown_outcomes: int
    missing: tuple[str, ...] = ()
    impossible_outcomes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form without the path, which differs from machine to machine."""
        body = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "path"}
        if not self.missing:
            del body["missing"]
        if not self.impossible_outcomes:
            del body["impossible_outcomes"]
        return {**body, "start": self.start.isoformat(), "end": self.end.isoformat()}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], path: Path) -> Self:
        """Read what :meth:`to_dict` wrote."""
        times = {name: datetime.fromisoformat(raw[name]) for name in ("start", "end")}
        missing = tuple(raw.get("missing", ()))
        return cls(**{**raw, **times, "path": path, "missing": missing})


def digest_of(table: pa.Table) -> str:
    """Hex SHA-256 over names, types and values in order; every NaN and null float is the same.

    A missing word is not the empty one, and a missing time is none that could be.
    """
    total = hashlib.sha256()
    for name in table.column_names:
        column = table[name].combine_chunks()
        total.update(f"{name}:{column.type}:{len(column)};".encode())
        if pa.types.is_string(column.type):
            lengths = pa.compute.binary_length(column).fill_null(_MISSING)
            total.update(lengths.to_numpy().astype("<i4").tobytes())
            total.update(_bytes_of(column.fill_null("")))
        elif pa.types.is_floating(column.type):
            values = column.fill_null(np.nan).to_numpy().astype("<f8")
            total.update(np.where(np.isnan(values), np.nan, values + 0.0).tobytes())
        else:
            whole = column.cast(pa.int64()).fill_null(np.iinfo(np.int64).min)
            total.update(whole.to_numpy().astype("<i8").tobytes())
    return total.hexdigest()


def _bytes_of(column: pa.StringArray) -> memoryview:
    """All words after each other in UTF-8, as Arrow holds them already."""
    if not len(column):
        return memoryview(b"")
    _, offsets, words = column.buffers()
    place = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return memoryview(words or b"")[place[0] : place[-1]]


def describe_table(table: pa.Table, line: str, start: datetime, end: datetime) -> Snapshot:
    """What is in a table, before it has a place; ``available`` and unknown outcomes are left out."""
    label = table.column_names[-2]  # as schema() lays them out: the outcome, then the split
    counts = table.group_by("split").aggregate([(label, "count"), (label, "sum")])
    return Snapshot(
        path=Path(),
        line=line,
        digest=digest_of(table),
        rows=table.num_rows,
        start=start.astimezone(UTC),
        end=end.astimezone(UTC),
        splits=dict(
            zip(*(counts[n].to_pylist() for n in ("split", f"{label}_count")), strict=True)
        ),
        clicks=dict(zip(*(counts[n].to_pylist() for n in ("split", f"{label}_sum")), strict=True)),
        available={},
        unknown_outcomes=0,
    )


def write_beside(found: Snapshot) -> None:
    """Write what is known of a snapshot beside it."""
    path = found.path
    draft = path.with_name(f".{path.stem}.draft")
    draft.write_text(json.dumps(found.to_dict(), indent=2, sort_keys=True) + "\n")
    draft.replace(path.with_suffix(".json"))


def describe(path: Path) -> Snapshot:
    """What stands beside a snapshot; raises UnknownReference where there is none."""
    beside = path.with_suffix(".json")
    if not beside.exists():
        raise UnknownReference(
            "snapshot", found=str(path), expected="a frozen one", next_step="freeze the interval"
        )
    return Snapshot.from_dict(json.loads(beside.read_text()), path)


def verified(path: Path) -> pa.Table:
    """The rows of a snapshot, checked against its digest; raises BadInput where they differ."""
    return read(path, describe(path).digest)


def read(path: Path, digest: str | None = None) -> pa.Table:
    """The rows of a snapshot by request and place, whatever their order in the file.

    Raises BadInput for an unreadable file, or for rows of another digest than ``digest``.
    """
    try:
        table = parts.read_file(path)
    except (pa.ArrowException, OSError) as error:
        raise unusable(path, str(error).splitlines()[0], _frozen_rows(digest)) from error
    table = ordered(table)
    if digest is not None and (found := digest_of(table)) != digest:
        if erasure := erasures.of_digest(path.parents[2], digest):
            raise _erased(path, found, erasure)
        raise unusable(path, found, _frozen_rows(digest))
    return table


def ordered(table: pa.Table) -> pa.Table:
    """The rows by request and place."""
    if set(_ORDER) <= set(table.column_names):
        table = table.sort_by([(name, "ascending") for name in _ORDER])
    return table


def _erased(path: Path, found: str, erasure: Erasure) -> BadInput:
    return BadInput(
        f"snapshot {path.name}",
        found=f"{found[:12]}, as the rows of a person were erased on {erasure.at:%Y-%m-%d %H:%M}",
        expected="the rows that the run was begun with",
        next_step="clear the run from its first task: it goes on without the erased rows",
    )


def unusable(path: Path, found: str, expected: str) -> BadInput:
    """The error of a snapshot that is not what was frozen."""
    return BadInput(
        f"snapshot {path.name}",
        found=found,
        expected=expected,
        next_step="remove the file and freeze the interval again; the log still holds its rows",
    )


def _frozen_rows(digest: str | None) -> str:
    return f"the frozen rows of digest {digest}" if digest else "a readable Parquet file"
