"""``slipway watch``: what is known of a line after its release."""

import typer
from rich.markup import escape

from slipway.cli.app import AsJson, LineName, app, out, print_json


@app.command()
def watch(line: LineName, *, as_json: AsJson = False) -> None:
    """What moved in a line, since when and how far; what is not known is said as well."""
    from slipway.steps import watch_facts

    facts = watch_facts.of(line)
    if as_json:
        print_json(facts.to_dict())
        return
    for sentence in facts.sentences:
        out.print(escape(sentence))
    if facts.is_quiet:
        raise typer.Exit(0)
