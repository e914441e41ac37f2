"""The log of posts, and the posts of one window as they were known at its cut.

The log is a folder of Parquet parts; a part is named by its content, so writing one twice gives one.
A row is one text of a post: an edit arrives as another row with the same id.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from slipway.domain.clusters import ClusterLine
from slipway.domain.errors import BadInput, LogIncomplete

SCHEMA = pa.schema(
    [
        ("post_id", pa.string()),
        ("arrived_at", pa.timestamp("us", "UTC")),
        ("event_at", pa.timestamp("us", "UTC")),
        ("text", pa.string()),
    ]
)
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A frozen window: its file, the digest of what it says, its rows and interval."""

    path: Path
    digest: str
    rows: int
    start: str
    end: str


def folder(home: Path, line: ClusterLine) -> Path:
    """Where the line's parts lie."""
    return home / "log" / "posts" / line.name


def append(home: Path, line: ClusterLine, posts: pd.DataFrame) -> Path:
    """Write rows of ``SCHEMA``'s columns as one part; raises BadInput for rows of other types."""
    try:
        table = pa.Table.from_pandas(posts[SCHEMA.names], SCHEMA, preserve_index=False)
    except (KeyError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise BadInput(
            f"posts of line {line.name}",
            found=str(error).splitlines()[0],
            expected=f"columns {', '.join(SCHEMA.names)}, times in UTC",
            next_step="correct the rows; nothing was written",
        ) from error
    path = folder(home, line) / f"{_digest(table)[:24]}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    pq.write_table(table, part)
    part.replace(path)
    return path


def between(
    home: Path, line: ClusterLine, first: datetime, last: datetime, *, cut: datetime
) -> pa.Table:
    """Each post written in [first, last), by id, with its newest text that arrived before ``cut``."""
    parts = sorted(folder(home, line).glob("*.parquet"))
    if not parts:
        return SCHEMA.empty_table()
    at, came = ds.field("event_at"), ds.field("arrived_at")
    wanted = (at >= pa.scalar(first)) & (at < pa.scalar(last)) & (came < pa.scalar(cut))
    found = ds.dataset([str(part) for part in parts], SCHEMA).to_table(filter=wanted)
    rows = found.to_pandas().sort_values(["post_id", "arrived_at", "text"])
    newest = rows.drop_duplicates("post_id", keep="last")
    return pa.Table.from_pandas(newest, SCHEMA, preserve_index=False)


def freeze(
    home: Path, line: ClusterLine, start: datetime, end: datetime, *, now: datetime
) -> Window:
    """Freeze the window that ends with the interval [start, end); the same one again is the same.

    Raises LogIncomplete before the cut and BadInput for a week without posts.
    """
    if now < end:
        raise LogIncomplete(
            f"posts of line {line.name}",
            found=now.isoformat(),
            expected=f"the cut {end.isoformat()} or later",
            next_step="wait until the week is over",
        )
    table = between(home, line, end - line.window_weeks * _WEEK, end, cut=end)
    fresh = sum(at.as_py() >= start for at in table["event_at"])
    if not fresh:
        raise BadInput(
            f"posts in the week to {end:%Y-%m-%d}, line {line.name}",
            found=0,
            expected="one or more",
            next_step="look at the importer; nothing was trained and last week's clusters stay",
        )
    digest = _digest(table)
    path = home / "snapshots" / line.name / f"{end:%Y%m%d}-{digest[:16]}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    pq.write_table(table, part)
    part.replace(path)
    window = Window(path, digest, table.num_rows, start.isoformat(), end.isoformat())
    path.with_suffix(".json").write_text(json.dumps(asdict(window) | {"path": path.name}))
    return window


def load(path: Path, digest: str) -> pa.Table:
    """A frozen window; raises BadInput where it is not what was frozen."""
    try:
        table = pq.read_table(path, schema=SCHEMA)
    except (OSError, pa.ArrowInvalid) as error:
        raise _changed(path, str(error), digest) from error
    if (found := _digest(table)) != digest:
        raise _changed(path, found[:12], digest)
    return table


def ages(table: pa.Table, end: datetime) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Whole weeks since each post was written, int64[n], 0 for the last week before ``end``."""
    written = table["event_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    cut = int(end.timestamp() * 1_000_000)
    week = int(_WEEK.total_seconds()) * 1_000_000
    return np.asarray((cut - 1 - written) // week, np.int64)


def _digest(table: pa.Table) -> str:
    state = hashlib.sha256()
    for row in _said(table):
        state.update(row)
    return state.hexdigest()


def _said(table: pa.Table) -> Iterator[bytes]:
    columns = [table[name].to_pylist() for name in SCHEMA.names]
    for values in zip(*columns, strict=True):
        said = [v.isoformat() if isinstance(v, datetime) else v for v in values]
        yield json.dumps(said, ensure_ascii=True).encode() + b"\n"


def _changed(path: Path, found: str, digest: str) -> BadInput:
    return BadInput(
        f"snapshot {path.name}",
        found=found,
        expected=f"the digest {digest[:12]} it was frozen with",
        next_step="run the interval again: the snapshot is made again from the log",
    )
