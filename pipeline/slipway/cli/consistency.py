"""``slipway consistency``: were rows logged with what their line declares?"""

import time
from typing import Annotated

import typer
from rich.table import Table

from slipway.cli.app import LineName, app, out
from slipway.domain.in_words import counted
from slipway.settings import settings


@app.command()
def consistency(
    line: LineName,
    *,
    days: Annotated[
        float, typer.Option(min=1, help="Whole days before today's midnight, UTC.")
    ] = 1,
) -> None:
    """Compute every logged row of a line again, and say which columns differ."""
    from slipway.steps.consistency import compare

    report, path = compare(line, days, settings().clock.at(time.time()))
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
    if not report.holds:
        raise typer.Exit(1)


_COUNTS = ("rows", "mismatch", "missing", "extra")
