"""``slipway clusters`` and ``slipway import-posts``: the topics of the champion, and where posts come from."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from slipway.cli.app import AsJson, LineName, app, out, print_json
from slipway.domain.errors import UnknownReference
from slipway.domain.in_words import counted
from slipway.settings import settings


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


@app.command("import-posts")
def import_posts(
    folder: Annotated[Path, typer.Argument(help="Folder with posts.csv.gz of Stack Exchange.")],
    line: LineName = "posts",
) -> None:
    """Put the posts of a Stack Exchange export into the log of a line of clusters."""
    from slipway.examples import stackexchange
    from slipway.steps import context

    with out.status("reading posts"):
        count = stackexchange.write(settings().home, context.clusters_of(line), folder)
    out.print(
        f"{counted(count, 'post')} in the log; next: a backfill of retrain_{line} over their weeks"
    )
