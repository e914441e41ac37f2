"""``slipway import-entity`` and ``slipway import-posts``: tables that come from a team's own systems."""

from pathlib import Path
from typing import Annotated

import typer

from slipway import lines
from slipway.cli.app import AsJson, LineName, app, out, print_json
from slipway.domain.in_words import counted
from slipway.settings import settings


@app.command("import-entity")
def import_entity(
    line: LineName,
    file: Annotated[Path, typer.Argument(help="CSV or Parquet, columns called as declared.")],
    *,
    entity: Annotated[str, typer.Option(help="The declared entity whose table it is.")] = "item",
    as_json: AsJson = False,
) -> None:
    """Replace the table of a line's entity: what is known of items, users or stores before anybody asks."""
    from slipway.data import catalog, table_file

    declared = lines.load(line, settings().policy_file)
    schema = catalog.schema_of(declared, entity)
    catalog.write(settings().home, declared, table := table_file.read(file, schema), entity)
    if as_json:
        found = {"line": line, "entity": entity, "rows": table.num_rows, "columns": schema.names}
        print_json(found)
        return
    out.print(
        f"{counted(table.num_rows, 'row')} of {entity} in the catalogue of {line}, as {', '.join(schema.names)}; "
        "the router takes them over with its next features"
    )


@app.command("import-posts")
def import_posts(
    path: Annotated[
        Path,
        typer.Argument(
            help="A table with post_id, arrived_at and text, or a Stack Exchange folder."
        ),
    ],
    line: LineName = "posts",
    *,
    as_json: AsJson = False,
) -> None:
    """Put posts into the log of a line of clusters: a CSV or Parquet file, or a Stack Exchange export."""
    from slipway.data import posts, table_file
    from slipway.examples import stackexchange
    from slipway.steps import context

    home, declared = settings().home, context.clusters_of(line)
    with out.status("reading posts"):
        if path.is_dir():
            count = stackexchange.write(home, declared, path)
        else:
            table = table_file.read(path, posts.SCHEMA, optional=("event_at",)).to_pandas()
            if "event_at" not in table:
                table["event_at"] = table["arrived_at"]
            posts.append(home, declared, table)
            count = len(table)
    if as_json:
        print_json({"line": line, "posts": count})
        return
    out.print(
        f"{counted(count, 'post')} in the log; next: a backfill of retrain_{line} over their weeks"
    )
