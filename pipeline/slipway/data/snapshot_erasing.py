"""A snapshot without the rows of a person: the same interval under a new digest."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from slipway.data import erasing, frozen_tables
from slipway.data.frozen_tables import Snapshot


def without_rows(path: Path, column: str, wanted: pa.Array) -> tuple[Snapshot, Snapshot, pa.Table]:
    """A snapshot as it is, and as it is without the rows to erase; nothing is written."""
    was = frozen_tables.describe(path)
    before, after = frozen_tables.read(path), erasing.without(path, column, wanted)
    counted = frozen_tables.describe_table(after, was.line, was.start, was.end)
    now = replace(
        was,
        digest=frozen_tables.digest_of(frozen_tables.ordered(after)),
        rows=counted.rows,
        splits=counted.splits,
        clicks=counted.clicks,
    )
    return replace(was, digest=frozen_tables.digest_of(before)), now, after


def rewrite(found: Snapshot, table: pa.Table) -> None:
    """Put a snapshot with fewer rows in its place: first what stands beside it, then the rows.

    Whoever is killed in between leaves rows that do not fit, and erases them again.
    """
    frozen_tables.write_beside(found)
    erasing.replace(found.path, table)
