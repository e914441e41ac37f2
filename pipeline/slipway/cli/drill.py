"""``slipway drill``: rehearse a rollback, and what earlier drills showed."""

import getpass
from typing import Annotated

import typer
from rich.markup import escape

from slipway.cli.app import DONE, FOUND, AsJson, LineName, app, out, print_json
from slipway.release.drills import Drill


@app.command()
def drill(
    line: LineName,
    *,
    within: Annotated[
        float, typer.Option(min=0.1, max=600, help="Seconds until all must have answered.")
    ] = 30.0,
    past: Annotated[bool, typer.Option("--past", help="Only list earlier drills.")] = False,
    as_json: AsJson = False,
) -> None:
    """Rehearse a rollback: every way is gone, every worker says who would answer, nobody is answered otherwise.

    Exit code 1: it failed, and what failed is said.
    """
    from slipway.cli.release import open_ledger
    from slipway.steps import drill as steps

    open_ledger(line)
    if past:
        found = steps.past(line)
    else:
        found = [steps.drill(line, actor=getpass.getuser(), within_s=within)]
    if as_json:
        print_json([each.to_dict() for each in found])
    elif not found:
        out.print(f"no drill of {line} yet")
    for each in found if not as_json else ():
        _say(each)
    raise typer.Exit(DONE if past or found[0].passed else FOUND)


def _say(found: Drill) -> None:
    out.print(f"{found.at:%Y-%m-%d %H:%M}  {escape(found.words)}")
    for way in found.ways:
        took = "no answer" if way.seconds is None else f"{way.seconds:.3f} s"
        out.print(f"    {way.name:<9} {took:>9}  {escape(way.trouble or way.rehearsed)}")
