"""``slipway drift``: what moved in any table, period by period."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from slipway.cli.app import DONE, FOUND, AsJson, app, out, print_json

TableFile = Annotated[
    Path, typer.Argument(metavar="TABLE", help="A CSV or Parquet file, or a folder of either.")
]
At = Annotated[str, typer.Option(help="The column of times, or a number that orders the rows.")]
Every = Annotated[
    str, typer.Option(help="Length of a period: hour, day, week, '4 weeks' or '500 rows'.")
]
Segment = Annotated[
    list[str] | None, typer.Option(help="A column whose values are followed apart. Repeatable.")
]
Words = Annotated[
    list[str] | None, typer.Option(help="A column of texts, counted by word. Repeatable.")
]
LeftOut = Annotated[list[str] | None, typer.Option(help="A column to leave out. Repeatable.")]


@app.command()
def drift(
    table: TableFile,
    at: At = "",
    every: Every = "",
    segment: Segment = None,
    words: Words = None,
    leave_out: LeftOut = None,
    *,
    as_json: AsJson = False,
) -> None:
    """What moved in any table, period by period, judged against the table's own noise.

    Exit code 0: nothing moved. 1: something did, or rows are missing. 2: the table cannot be read or divided.
    """
    from slipway.domain.watch_policy import WatchPolicy
    from slipway.monitoring.table_drift import Wish, watch_table

    wish = Wish(at, every, *(tuple(each or ()) for each in (segment, words, leave_out)))
    found = watch_table(table, wish, WatchPolicy())
    if as_json:
        print_json(found.to_dict())
    else:
        out.print(escape(f"{found.rows} rows in {len(found.drift.periods)} periods: {found.every}"))
        for sentence in found.sentences:
            out.print(escape(sentence))
    raise typer.Exit(DONE if found.is_quiet else FOUND)
