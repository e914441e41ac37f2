"""The frozen training table of one data interval: what was known as of its cut, and no more.

The interval's rows are those whose outcomes are mature at its end: requested from ``start -
maturity`` to ``end - maturity``. They are held out; what the line's schedule trains on lies
before them. Only rows that had arrived before ``end`` count, so a snapshot made again a year later is
the same one. Its digest is over what it says, not over its file.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from slipway.data import engine, erasures, labels, log, once, outcome_values, parts, set_aside
from slipway.data.erasures import Erasure
from slipway.data.schema import as_of_columns, exposure_schema
from slipway.domain.answer_shapes import Single
from slipway.domain.errors import BadInput, UnknownReference
from slipway.domain.line import Line, ModelRecipe, OutcomeKind
from slipway.domain.run import HOLDOUT, TRAIN

HOLDOUT_ROWS = 60_000
_ORDER = ("request_id", "position")
_NO_WORD, _NO_TIME = -1, np.iinfo(np.int64).min
_KEPT = (
    "request_id", "user", "requested_at", "features_as_of", "arm", "version", "item", "position",
    "propensity", "score",
)  # fmt: skip


@dataclass(frozen=True)
class Snapshot:
    """A frozen table and what is in it; ``digest`` is hex SHA-256 of its content.

    ``splits`` gives the rows of ``train`` and ``holdout``, ``clicks`` their clicks (or the sum of what came), and
    ``available`` the rows there were before requests were sampled. ``unknown_outcomes`` arrived in
    the interval for requests or items that were never shown. ``missing`` names segments of the log
    that could not be read when it was frozen, and whose rows could have been in it.
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

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form without the path, which differs from machine to machine."""
        body = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "path"}
        if not self.missing:
            del body["missing"]
        return {**body, "start": self.start.isoformat(), "end": self.end.isoformat()}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], path: Path) -> Self:
        """Read what :meth:`to_dict` wrote."""
        times = {name: datetime.fromisoformat(raw[name]) for name in ("start", "end")}
        missing = tuple(raw.get("missing", ()))
        return cls(**{**raw, **times, "path": path, "missing": missing})


def schema(line: Line) -> pa.Schema:
    """Columns of a snapshot: who saw what where, features as served, what came of it and ``split``."""
    served = exposure_schema(line)
    fields = [
        served.field(name)
        for name in (*_KEPT, *(c.name for c in line.features), *as_of_columns(line))
    ]
    return pa.schema([*fields, _label(line), pa.field("split", pa.string())])


def _label(line: Line) -> pa.Field:
    """The primary outcome by its own name; of lists a binary one is kept as whole numbers."""
    listed = not isinstance(line.exposure, Single)
    binary = listed and line.primary.kind is OutcomeKind.BINARY
    return pa.field(line.primary.name, pa.int8() if binary else pa.float64())


def freeze(
    home: Path, line: Line, start: datetime, end: datetime, *, now: datetime, recipe: ModelRecipe
) -> Snapshot:
    """Freeze the interval ``[start, end)``; the same interval and recipe give the same snapshot.

    Whole requests are sampled by a hash of their id, down to ``recipe.max_rows`` rows to train on
    and 60,000 held out. Raises LogIncomplete where the cut is not reached or rows are still in the
    journal, BadInput for an empty week, a week of one class, and an unreadable part.
    """
    log.require_complete(home, line, end, now)
    start = start if line.schedule.holdout is None else end - line.schedule.holdout
    con = engine.connect()
    shown = engine.exposures(
        con,
        home,
        line,
        arrived_before=end,
        requested_from=start - line.maturity - line.schedule.train,
        requested_to=end - line.maturity,
    )
    shown = once.exposures(con, shown, home, line)
    shown = shown.mutate(
        split=ibis.ifelse(shown.requested_at < start - line.maturity, TRAIN, HOLDOUT)
    )
    picked = engine.keep(con, _picked(shown, recipe.max_rows), home, line)
    sizes = engine.fetch(
        con, picked.group_by("split").aggregate(n=picked.available.max()), home, line
    )
    available = dict(zip(sizes["split"].to_pylist(), sizes["n"].to_pylist(), strict=True))
    table = _table(con, home, line, shown.semi_join(picked, "request_id"), (start, end))
    unknown = engine.unknown_outcomes(con, home, line, arrived_from=start, arrived_before=end)
    con.disconnect()
    _check(table, line, start, end)
    found = describe_table(table, line.name, start, end)
    earliest = start - line.maturity - line.schedule.train
    missing = tuple(segment.name for segment in set_aside.unread(home, line, earliest, end))
    found = replace(found, available=available, unknown_outcomes=unknown, missing=missing)
    return _write(home, table, found)


def _picked(shown: engine.Table, train_rows: int) -> engine.Table:
    """The sampled requests: the first by hash whose rows together stay within their split's cap."""
    requests = shown.group_by("request_id", "split").aggregate(n=shown.count())
    requests = requests.mutate(hash=requests.request_id.hexdigest("md5"))
    order = ibis.window(
        group_by="split", order_by=["hash", "request_id"], preceding=None, following=0
    )
    running = requests.mutate(
        total=requests.n.sum().over(order),
        available=requests.n.sum().over(ibis.window(group_by="split")).cast("int64"),
    )
    cap = ibis.ifelse(running.split == TRAIN, train_rows, HOLDOUT_ROWS)
    return running.filter(running.total <= cap).select("request_id", "split", "available")


def _table(
    con: engine.Backend,
    home: Path,
    line: Line,
    shown: engine.Table,
    interval: tuple[datetime, datetime],
) -> pa.Table:
    """The labelled rows in the one order that does not depend on how the log is laid out."""
    start, end = interval
    window = {
        "requested_from": start - line.maturity - line.schedule.train,
        "requested_to": end - line.maturity,
    }
    if isinstance(line.exposure, Single):
        rows = outcome_values.valued(con, home, line, shown, cut=end, **window)
    else:
        rows = labels.labelled_by(con, home, line, line.primary, shown, cut=end, **window)
    wanted = rows.select(*schema(line).names).order_by("request_id", "position", "item")
    return engine.fetch(con, wanted, home, line).cast(schema(line)).combine_chunks()


def _check(table: pa.Table, line: Line, start: datetime, end: datetime) -> None:
    split = table["split"].to_numpy(zero_copy_only=False)
    label = _label(line).name
    values = table[label].to_numpy()
    for name in (TRAIN, HOLDOUT):
        classes = np.unique(values[split == name]).tolist()
        if len(classes) > 1:
            continue
        what = {0: "no rows", 1: f"only rows with {label} == {classes}"}[len(classes)]
        raise BadInput(
            f"{name} rows of {line.name} for {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}",
            found=what,
            expected=f"different {label}",
            next_step="check that exposures and outcomes were logged in that time",
        )


def digest_of(table: pa.Table) -> str:
    """Hex SHA-256 over names, types and values in order; every NaN and null float is the same.

    A missing word has the length -1, and a missing time lies before all others.
    """
    total = hashlib.sha256()
    for name in table.column_names:
        column = table[name].combine_chunks()
        total.update(f"{name}:{column.type}:{len(column)};".encode())
        if pa.types.is_string(column.type):
            lengths = pa.compute.binary_length(column).fill_null(_NO_WORD)
            total.update(lengths.to_numpy().astype("<i4").tobytes())
            total.update(_bytes_of(column.fill_null("") if column.null_count else column))
        elif pa.types.is_floating(column.type):
            values = column.fill_null(np.nan).to_numpy().astype("<f8")
            total.update(np.where(np.isnan(values), np.nan, values + 0.0).tobytes())
        else:
            whole = column.cast(pa.int64()).fill_null(_NO_TIME)
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


def _write(home: Path, table: pa.Table, found: Snapshot) -> Snapshot:
    name = f"{found.end:%Y%m%dT%H%M%S}-{found.digest[:12]}"
    path = home / "snapshots" / found.line / f"{name}.parquet"
    parts.publish(table, path)
    kept = replace(found, path=path)
    write_beside(kept)
    return kept


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
        table = pq.ParquetFile(path).read()
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
