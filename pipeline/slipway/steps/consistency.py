"""Compare a line's logged rows with what its declaration gives."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from slipway.data import json_file
from slipway.domain.errors import BadInput
from slipway.domain.line import Line
from slipway.settings import settings
from slipway.steps import context
from slipway.validation.consistency import ConsistencyReport, consistency


def compare(line_name: str, days: float, now: datetime) -> tuple[ConsistencyReport, Path]:
    """The last ``days`` whole days before ``now`` (UTC), and the file that says so.

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
    report = consistency(settings().home, line, end - timedelta(days=days), end)
    path = settings().home / "work" / line.name / "consistency" / f"{end:%Y%m%d}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    json_file.write(path, report.to_dict())
    return report, path
