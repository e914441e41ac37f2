"""``slipway retention``, ``forget`` and ``erasures``: how long data is kept, and how a person leaves it."""

import getpass
from collections.abc import Callable
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from slipway import lines
from slipway.cli.app import FOUND, AsJson, EveryLine, app, out, print_json
from slipway.domain.errors import BadInput
from slipway.domain.in_words import counted
from slipway.settings import settings


@app.command()
def retention(
    line: EveryLine = None,
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Delete it.")] = False,
    as_json: AsJson = False,
) -> None:
    """What of a line is older than it is kept; nothing goes without --apply."""
    from slipway.steps import retention as steps

    names = (line,) if line else lines.wanted_names(settings().home)
    if apply:
        done = [steps.apply(name, report=_report(as_json)) for name in names]
        if as_json:
            print_json(done)
        for each in done if not as_json else ():
            items = sum(kind["items"] for kind in each["deleted"].values())
            out.print(f"{each['line']}: {items} deleted, {each['drafts']} drafts of killed writers")
        return
    found = {name: steps.plan(name) for name in names}
    if as_json:
        print_json(
            [
                {
                    "line": name,
                    "kind": each.kind,
                    "at": each.at,
                    "bytes": each.size,
                    "paths": [str(path) for path in each.paths],
                }
                for name, expired in found.items()
                for each in expired
            ]
        )
        return
    table = Table("line", "kind", "items", "bytes", "oldest", "newest")
    for name, expired in found.items():
        for kind, facts in steps.summary(expired).items():
            size = sum(each.size for each in expired if each.kind == kind)
            row = (name, kind, f"{facts['items']:,}", f"{size:,}", facts["oldest"], facts["newest"])
            table.add_row(*row)
    if table.row_count:
        out.print(table)
        out.print(
            "nothing was deleted; `slipway retention --apply` deletes it, as does the daily DAG"
        )
    else:
        out.print("nothing is older than it is kept")


@app.command()
def forget(
    user: Annotated[
        str | None, typer.Argument(help="The id as it was sent; left out: finish what was begun.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it stands in the record.")] = "asked for",
    *,
    as_json: AsJson = False,
) -> None:
    """Erase a person from log, features, training tables, sums, evidence and pages of all lines.

    Exit code 1: rows of the person arrived meanwhile, so it is not finished.
    """
    from slipway.steps import forget as steps

    if not settings().home.is_dir():
        raise BadInput(
            "SLIPWAY_HOME",
            found=str(settings().home),
            expected="the folder of a stack",
            next_step="set the variable; nothing was erased",
        )
    if user is None:
        done = steps.finish(report=_report(as_json))
        nothing = "no erasure is unfinished, and no row of an erased person came back"
    else:
        done = [steps.forget(user, reason=reason, by=getpass.getuser(), report=_report(as_json))]
        nothing = ""
    if as_json:
        print_json([{"subject": d.subject, "rows": d.rows, "late": d.late} for d in done])
    elif not done:
        out.print(nothing)
    for each in done if not as_json else ():
        _say(each.rows, each.late)
    if any(each.late for each in done):
        raise typer.Exit(FOUND)


def _say(rows: dict[str, int], late: int) -> None:
    if rows:
        out.print("erased: " + ", ".join(f"{count:,} of {kind}" for kind, count in rows.items()))
        out.print(
            "Hourly totals and counts by item stay, models keep what they learned; training tables "
            "have new digests (`slipway erasures`), and runs that read them say so."
        )
    else:
        out.print("no row of that id was found: it is matched exactly, capitals and blanks as sent")
    if late:
        out.print(
            f"not finished: {counted(late, 'row')} of that id arrived meanwhile. Next: stop sending it, then "
            "say the same command again"
        )
    elif rows:
        out.print(
            "Next: erase the person from backups and from whatever sends you the id; for two days the "
            "daily DAG erases what of that id was being written just now, or still comes"
        )


@app.command("erasures")
def show_erasures(*, as_json: AsJson = False) -> None:
    """Every erasure: when, why, what changed; a person is shown as a keyed hash."""
    from slipway.data import erasures

    found = erasures.recorded(settings().home)
    if as_json:
        print_json(
            [
                {
                    "subject": each.subject,
                    "at": each.at,
                    "by": each.by,
                    "reason": each.reason,
                    "ended": each.ended,
                    "changes": each.changes,
                }
                for each in found
            ]
        )
        return
    for each in found:
        done = "ended" if each.ended else "NOT FINISHED: say `slipway forget`"
        out.print(
            f"{each.at:%Y-%m-%d %H:%M}  {each.subject[:12]}  by {escape(each.by)}: "
            f"{escape(each.reason)}  ({counted(len(each.changes), 'file')}, {done})"
        )
        for change in each.changes:
            if "was" in change:
                out.print(f"    {change['what']}: {change['was'][:12]} is now {change['is'][:12]}")
    if not found:
        out.print("nobody was erased")


def _report(quiet: bool) -> Callable[[str], None]:
    return (lambda _: None) if quiet else lambda text: out.print(escape(text), style="dim")
