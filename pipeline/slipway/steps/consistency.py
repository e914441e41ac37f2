"""Compare a line's logged rows with what its declaration gives."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from slipway.data import erasures, json_file
from slipway.data.groups import longest_window
from slipway.domain.errors import BadInput, ValidationFailed
from slipway.domain.line import Line
from slipway.kinds.leak_proofs import SKEW_SHARE
from slipway.settings import settings
from slipway.steps import context
from slipway.validation.consistency import ConsistencyReport, consistency

MOST_ROWS = 100_000
"""Rows of a day that the daily comparison looks at, in whole requests."""


def compare_day(line_name: str) -> dict[str, Any]:
    """Compare the last whole day; returns what was compared.

    What was counted of people who were erased since cannot be counted again: such a day is left out.
    Raises ValidationFailed naming the columns in which what was logged is not what is computed again; of
    lines with tables a few rows may differ, whose entries were corrected since.
    """
    line, now = context.line_of(line_name), context.now()
    since = now - timedelta(days=2) - longest_window(line)
    if erased := erasures.touching(settings().home, line_name, since, now):
        return {
            "line": line_name,
            "reason": f"not compared: rows of {len(erased)} persons were erased",
        }
    report, path = compare(line_name, 1.0, now, MOST_ROWS)
    few = SKEW_SHARE * report.rows if line.entities else 0.0
    wrong = [c for c in report.columns if c.mismatch + c.missing + c.extra > few]
    if wrong:
        said = [
            f"{c.column} ({c.mismatch} differ, {c.missing} lack, {c.extra} exceed)" for c in wrong
        ]
        raise ValidationFailed(
            f"{'column' if len(wrong) == 1 else 'columns'} {', '.join(c.column for c in wrong)}",
            found=f"of {report.rows} rows of {report.start:%Y-%m-%d}: {'; '.join(said)}",
            expected="each row as logged is what the log gives again",
            next_step=f"read {path.name}, compare the router's code and tables with the declaration",
        )
    return {"line": line_name, "rows": report.rows, "columns": len(report.columns)}


def compare(
    line_name: str, days: float, now: datetime, most: int | None = None
) -> tuple[ConsistencyReport, Path]:
    """The last ``days`` whole days before ``now`` (UTC), ``most`` rows of them, and the file that says so.

    Raises BadInput for a line without features.
    """
    line = context.declared(line_name)
    if not isinstance(line, Line):
        raise BadInput(
            "line",
            found=line_name,
            expected="one whose answers are logged with features",
            next_step="name another line",
        )
    end = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    report = consistency(settings().home, line, end - timedelta(days=days), end, most)
    path = settings().home / "work" / line.name / "consistency" / f"{end:%Y%m%d}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    json_file.write(path, report.to_dict())
    return report, path
