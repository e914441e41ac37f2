"""``slipway audit``: any labelled table, its columns ranked by suspicion."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway.audit.finding import Audit, Grade
from slipway.cli.app import DONE, FOUND, AsJson, app

COLORS = {Grade.LEAK: "red", Grade.SUSPECT: "yellow", Grade.NOTE: "dim", Grade.CLEAR: "green"}
SHOWN_CLEAR = 8
WIDE = 180  # columns of a log that no terminal wraps

TableFile = Annotated[
    Path, typer.Argument(metavar="TABLE", help="A CSV or Parquet file or folder.")
]
Label = Annotated[str, typer.Option(help="The column that is to be predicted.")]
Time = Annotated[
    str, typer.Option(help="When a row was decided: a column, or year,month,day columns.")
]
Group = Annotated[str, typer.Option(help="What belongs together: user, request, session.")]
Split = Annotated[str, typer.Option(help="The column that tells training from test rows.")]
Read = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COL=KIND",
        help="How to read a column: number, decimal-comma, decimal-point, date, day-first, month-first,"
        " words; of the label also missing (NA, none) or blank-is-value. Repeatable.",
    ),
]
Out = Annotated[Path, typer.Option(help="Folder of audit.html and audit.json.")]


@app.command()
def audit(
    table: TableFile,
    label: Label,
    time: Time = "",
    group: Group = "",
    split: Split = "",
    read: Read = None,
    out: Out = Path("audit"),
    *,
    as_json: AsJson = False,
) -> None:
    """Rank the columns of any table by suspicion of knowing what nobody knows at inference.

    Exit code 0: nothing accused. 1: a leak or a suspect. 2: the table could not be read.
    """
    from slipway.audit.run import audit as run
    from slipway.reports import audit as report

    progress = Console(stderr=True)
    names = tuple(part.strip() for part in time.split(",") if part.strip())
    with progress.status("reading the table") as status:
        found = run(
            table,
            label=label,
            time=names,
            group=group,
            split=split,
            read=read or (),
            report=lambda what: status.update(escape(what)),
        )
        page, _ = report.write(found, table.name, out)
    if as_json:
        sys.stdout.write((out / "audit.json").read_text())
    else:
        console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
        _show(found, report.lead(found), page, console)
    raise typer.Exit(FOUND if found.accused else DONE)


def _show(found: Audit, lead: str, page: Path, console: Console) -> None:
    for name, value in found.facts.items():
        console.print(f"[dim]{name}[/]  {escape(value)}")
    for remark in found.remarks:
        console.print(f"[yellow]{escape(remark)}[/]")
    for reservation in found.reservations:
        console.print(f"[bold red]not covered:[/] {escape(reservation)}")
    table = Table("column", "", "AUC", "in time", "what the rows show, and what to ask", box=None)
    for finding in found.findings:
        power = found.powers.get(finding.column)
        table.add_row(
            escape(finding.column or "the table"),
            f"[{COLORS[finding.grade]}]{finding.grade.name}[/]",
            f"{power.auc:.3f}" if power else "",
            f"{power.within:.3f}" if power else "",
            f"{escape(finding.evidence)}\n[dim]{escape(finding.question)}[/]",
        )
    clear = [name for name in found.ranking if found.grade(name) is Grade.CLEAR]
    for name in clear[:SHOWN_CLEAR]:
        power = found.powers[name]
        table.add_row(
            escape(name), "[green]CLEAR[/]", f"{power.auc:.3f}", f"{power.within:.3f}", ""
        )
    console.print(table)
    if len(clear) > SHOWN_CLEAR:
        console.print(f"[dim]and {len(clear) - SHOWN_CLEAR} more clear columns[/]")
    console.print(f"[bold]{escape(lead)}[/]")
    console.print(f"page: {page}")
