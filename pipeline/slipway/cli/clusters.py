"""``slipway clusters``: the topics of the champion."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from slipway.cli.app import AsJson, LineName, app, out, print_json
from slipway.domain.errors import UnknownReference


@app.command()
def clusters(
    line: LineName,
    version: Annotated[str | None, typer.Argument(help="A version; else the champion.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """The clusters of a week: public id, name, posts, since when."""
    from slipway.steps import clusters as steps
    from slipway.steps import context

    declared = context.clusters_of(line)
    shown = version or context.ledger().state(line).champion
    if shown is None:
        raise UnknownReference(
            f"champion of {line}",
            found=None,
            expected="a released version",
            next_step=f"name a version: slipway clusters {line} 1",
        )
    found = steps.clusters_of_version(declared, shown)
    if as_json:
        print_json([{"id": c.id, "name": c.name, "posts": c.posts, "born": c.born} for c in found])
        return
    table = Table("id", "name", "posts", "since", title=f"{line} version {shown}")
    for each in found:
        table.add_row(str(each.id), escape(each.name), str(each.posts), str(each.born))
    out.print(table)
