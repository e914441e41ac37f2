"""As-of features: counted once a day from rows that had arrived strictly before, and kept.

A table is a folder ``features/<line>/as_of=<time>`` of four Parquet files with counts. It never
changes, and counting again gives the same numbers: late rows arrive after its time.
"""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ibis
import pyarrow.parquet as pq

from slipway.data import engine, feature_files, log
from slipway.data.feature_files import FeatureCounts
from slipway.data.feature_table import FeatureTable
from slipway.domain.line import Line

__all__ = ["FeatureTable", "compute", "count", "keep", "refresh_due"]

WINDOW = timedelta(weeks=4)
_KEYS = {
    "items": ("item",),
    "genre_age": ("genre", "age_band"),
    "users": ("user",),
    "user_genre": ("user", "genre"),
}


def _code(column: engine.Table) -> engine.Table:
    """A category that was served as a float, as int64; -1 where it was missing."""
    return ibis.ifelse(engine.is_number(column), column, -1.0).cast("int64")


def count(home: Path, line: Line, as_of: datetime) -> FeatureCounts:
    """Exposures and clicks of the four weeks before ``as_of``, from what had arrived before it.

    Raises LogIncomplete while rows from before ``as_of`` are still in the journal.
    """
    log.require_complete(home, line, as_of, as_of)
    con = engine.connect()
    rows = engine.labelled(
        con, home, line, requested_from=as_of - WINDOW, requested_to=as_of, cut=as_of
    )
    codes = {"genre": _code(rows.genre), "age_band": _code(rows.age_band)}
    kept = engine.keep(con, rows.select("user", "item", "clicked", **codes), home, line)
    tables = {}
    for name, keys in _KEYS.items():
        clicks = kept.clicked.sum().cast("int64")
        sums = kept.group_by(*keys).aggregate(exposures=kept.count(), clicks=clicks)
        tables[name] = engine.fetch(con, sums.order_by(*keys), home, line)
    con.disconnect()
    return FeatureCounts(**tables)


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
        for name, table in counts._asdict().items():
            pq.write_table(table, draft / f"{name}.parquet", compression="zstd")
        draft.chmod(0o755)
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
