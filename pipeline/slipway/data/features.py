"""As-of features: counted once a day from rows that had arrived strictly before, and kept.

A table is a folder ``features/<line>/as_of=<time>`` of Parquet files with counts, one for
each group of keys that the line's features need. It never
changes, and counting again gives the same numbers: late rows arrive after its time.
"""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import ibis
import pyarrow.parquet as pq

from slipway.data import engine, feature_files, labels, log
from slipway.data.feature_files import FeatureCounts
from slipway.data.feature_table import provider
from slipway.domain.line import Line

_NAMES = ("user", "item")
"""Keys that the log holds as texts; all others are features with codes."""


def _code(column: engine.Table) -> engine.Table:
    """A category that was served as a float, as int64; -1 where it was missing."""
    return ibis.ifelse(engine.is_number(column), column, -1.0).cast("int64")


def count(home: Path, line: Line, as_of: datetime) -> FeatureCounts:
    """Exposures and clicks of the features' window before ``as_of``, from what had arrived before it.

    Raises LogIncomplete while rows from before ``as_of`` are still in the journal.
    """
    log.require_complete(home, line, as_of, as_of)
    of_line, con = provider(line), engine.connect()
    rows = labels.labelled(
        con, home, line, requested_from=as_of - of_line.WINDOW, requested_to=as_of, cut=as_of
    )
    used = dict.fromkeys(name for keys in of_line.GROUPS.values() for name in keys)
    codes = {name: _code(rows[name]) for name in used if name not in _NAMES}
    kept = engine.keep(con, rows.select(*_NAMES, "clicked", **codes), home, line)
    tables = {}
    for name, keys in of_line.GROUPS.items():
        clicks = kept.clicked.sum().cast("int64")
        sums = kept.group_by(*keys).aggregate(exposures=kept.count(), clicks=clicks)
        tables[name] = engine.fetch(con, sums.order_by(*keys), home, line)
    con.disconnect()
    return tables


def compute(home: Path, line: Line, as_of: datetime) -> Path:
    """Count and keep the table of ``as_of``; returns its folder. A table that exists is kept.

    Raises LogIncomplete while rows from before ``as_of`` are still in the journal.
    """
    target = feature_files.folder(home, line, as_of)
    return target if target.exists() else keep(home, line, as_of, count(home, line, as_of))


def keep(home: Path, line: Line, as_of: datetime, counts: FeatureCounts) -> Path:
    """Write the table of ``as_of``, all or nothing; returns its folder. A table that exists stays."""
    target = feature_files.folder(home, line, as_of)
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=target.parent))
    try:
        for name, table in counts.items():
            pq.write_table(table, draft / f"{name}.parquet", compression="zstd")
        try:
            draft.rename(target)
        except OSError:
            if not target.exists():  # else a neighbour was faster, with the same numbers
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def refresh_due(home: Path, line: Line, now: datetime) -> datetime | None:
    """Today's midnight (UTC) while the table of it is not computed yet, else None."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    newest = feature_files.latest(home, line, now)
    return midnight if newest is None or newest < midnight else None
