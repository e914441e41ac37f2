"""``slipway readiness``: the ML Test Score of a line, each item with its evidence."""

import getpass
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway.cli.app import AsJson, LineName, app, out, print_json
from slipway.domain.errors import SlipwayError
from slipway.readiness.score import AUTOMATIC, BY_HAND, ReadinessScore

err = Console(stderr=True, soft_wrap=True, highlight=False)
COLORS = {AUTOMATIC: "green", BY_HAND: "yellow"}


@app.command()
def readiness(
    line: LineName,
    *,
    confirm: Annotated[
        str,
        typer.Option(metavar="ITEM", help="Confirm an item by hand, as you yourself looked at it."),
    ] = "",
    reason: Annotated[str, typer.Option(help="What you looked at; it stands in the score.")] = "",
    as_json: AsJson = False,
) -> None:
    """The 28 items of the ML Test Score: 1 for a check that holds, 0.5 confirmed by hand, 0 for what is not shown.

    The final score is the least of the four sections, of 7.
    """
    from slipway.cli.release import open_ledger
    from slipway.steps import readiness as steps

    open_ledger(line)
    if confirm:
        steps.confirm(line, confirm, by=getpass.getuser(), reason=reason)
    try:
        steps.check_champion(line)
    except SlipwayError as error:  # the score says what is not known
        err.print(f"the champion was not checked: {escape(str(error))}")
    found = steps.of(line)
    if as_json:
        print_json(found.to_dict())
    else:
        _say(found)


def _say(found: ReadinessScore) -> None:
    table = Table("item", "", "what", "evidence", box=None)
    for item in found.items:
        color = COLORS.get(item.points, "red")
        points = f"[{color}]{item.points:g}[/]"
        table.add_row(item.id, points, escape(item.words), escape(item.evidence))
    out.print(table)
    for section, of_seven in found.sections.items():
        out.print(f"{of_seven:g} of 7  {section}")
    out.print(f"[bold]readiness of {found.line}: {found.final:g} of 7[/], the least section")
