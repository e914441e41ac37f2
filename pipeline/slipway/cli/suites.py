"""``slipway expectations``: the suites that a line declares, written or compared."""

from typing import Annotated

import typer
from rich.markup import escape

from slipway.cli.app import LineName, app, out


@app.command()
def expectations(
    line: LineName,
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say what differs.")] = False,
) -> None:
    """Write the suites of Great Expectations that a line declares; --check compares them."""
    from slipway.steps.suites import differences, write

    if not check:
        changed = write(line)
        out.print("\n".join(f"wrote {path}" for path in changed) or "nothing to change")
        return
    wrong = differences(line)
    out.print("\n".join(escape(said) for said in wrong) or "the suites are what the line declares")
    if wrong:
        raise typer.Exit(1)
