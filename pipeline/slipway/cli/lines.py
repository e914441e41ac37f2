"""``slipway compile`` and ``slipway plan``: what a line declares, and what a change of it does."""

import sys
from typing import Annotated, Any

import typer
from rich.markup import escape

from slipway import lines
from slipway.cli.app import BAD_INPUT, AsJson, EveryLine, LineName, app, out, print_json
from slipway.domain.errors import SlipwayError
from slipway.lines import store
from slipway.lines.apply import apply
from slipway.lines.explain import explain, stage_in_words
from slipway.lines.plan import LinePlan
from slipway.settings import settings


@app.command("compile")
def compile_line(line: LineName, *, as_json: AsJson = False) -> None:
    """Write down what a line declares, as an immutable file with a digest; nothing follows it yet."""
    from slipway.steps import plan as steps

    path = steps.keep(line)
    if as_json:
        sys.stdout.write(path.read_text(encoding="utf-8"))
    else:
        out.print(str(path))


@app.command()
def plan(
    line: EveryLine = None,
    *,
    apply_it: Annotated[bool, typer.Option("--apply", help="Do it, after saying it.")] = False,
    breaking: Annotated[bool, typer.Option("--breaking", help="Also what breaks.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what the declared line changes of the one in use, before it does; --apply does it."""
    from slipway.steps.plan import plan_of

    plans, strangers = [], lines.policy_faults(settings().policy_file)
    faults = [fault for name, fault in strangers.items() if line in {None, name}]
    for name in (line,) if line else _known():
        if name in strangers and name == line:
            continue
        try:
            found = plan_of(name)
            if not as_json:
                out.print(escape(explain(found)))
            if apply_it:
                apply(found, settings().home, breaking=breaking)
            plans.append(found)
        except SlipwayError as error:  # of one line: the others are planned all the same
            faults.append(str(error))
    if as_json:
        print_json([_to_dict(found) for found in plans])
    elif apply_it and plans:
        out.print("; ".join(f"{p.line} is in use" for p in plans if p.stages) or "nothing to do")
    elif any(found.stages for found in plans):
        out.print("nothing is done yet: --apply does it")
    if faults:
        sys.stderr.write("\n".join(faults) + "\n")
        raise typer.Exit(BAD_INPUT)


def _known() -> list[str]:
    """Lines in use, and a team's own; a bundled line that nobody uses is planned when it is named."""
    bundled = lines.bundled_names()
    own = [name for name in lines.all_names() if name not in bundled]
    return list(dict.fromkeys((*own, *store.names(settings().home))))


def _to_dict(found: LinePlan) -> dict[str, Any]:
    return {
        "line": found.line,
        "before": found.before.digest if found.before else None,
        "after": found.after.digest if found.after else None,
        "effects": [effect.name for effect in found.effects],
        "changes": [
            {"place": c.place, "before": c.before, "after": c.after, "effect": c.effect.name}
            for c in found.changes
        ],
        "stages": [stage_in_words(stage) for stage in found.stages],
        "under_way": found.under_way,
    }
