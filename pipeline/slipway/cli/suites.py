"""``slipway expectations``: the suites that a line declares, written or compared."""

from typing import Annotated

import typer
from rich.markup import escape

from slipway.cli.app import FOUND, AsJson, LineName, app, out, print_json


@app.command()
def expectations(
    line: LineName,
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say what differs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the suites of Great Expectations that a line declares; --check compares (exit code 1)."""
    from slipway.steps.suites import differences, write

    changed = [] if check else write(line)
    wrong = differences(line) if check else []
    if as_json:
        written = [str(path) for path in changed]
        print_json({"line": line, "written": written, "differences": wrong})
    elif check:
        out.print(
            "\n".join(escape(said) for said in wrong) or "the suites are what the line declares"
        )
    else:
        out.print("\n".join(f"wrote {path}" for path in changed) or "nothing to change")
    if wrong:
        raise typer.Exit(FOUND)
