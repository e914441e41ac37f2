"""``slipway consistency``: were rows logged with what their line declares?"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from slipway.cli.app import FOUND, AsJson, LineName, app, out, print_json
from slipway.domain.in_words import counted
from slipway.settings import settings

if TYPE_CHECKING:
    from slipway.validation.consistency import ConsistencyReport


@app.command()
def consistency(
    line: LineName,
    *,
    days: Annotated[
        float, typer.Option(min=1, help="Whole days before today's midnight, UTC.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Compute every logged row of a line again, and say which columns differ (exit code 1)."""
    from slipway.steps.consistency import compare

    report, path = compare(line, days, settings().clock.at(time.time()))
    if as_json:
        print_json(
            {
                "line": line,
                "start": report.start.isoformat(),
                "end": report.end.isoformat(),
                "rows": report.rows,
                "holds": report.holds,
                "unknown_items": report.unknown_items,
                "file": str(path),
                "columns": [
                    {"column": c.column, **{n: getattr(c, n) for n in _COUNTS}}
                    for c in report.columns
                ],
            }
        )
    else:
        _say(report, path)
    if not report.holds:
        raise typer.Exit(FOUND)


def _say(report: "ConsistencyReport", path: Path) -> None:
    table = Table("column", "rows", "mismatch", "missing", "extra")
    for column in report.columns:
        table.add_row(column.column, *(f"{getattr(column, n):,}" for n in _COUNTS))
    out.print(table)
    said = "all rows are the same" if report.holds else "not consistent"
    lost = (
        f"; {counted(report.unknown_items, 'row')} of items that left the catalogue"
        if report.unknown_items
        else ""
    )
    out.print(
        f"{counted(report.rows, 'row')} of {report.start:%Y-%m-%d} to {report.end:%Y-%m-%d}: {said}{lost}"
    )
    out.print(f"kept in {path}")


_COUNTS = ("rows", "mismatch", "missing", "extra")
