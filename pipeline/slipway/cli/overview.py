"""``slipway`` without a command: where one stands, what waits for whom, and the next step."""

import os
import time
from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from slipway.cli.app import home_folder, out, print_json
from slipway.release.needs import (
    LineFacts,
    NeedKind,
    WaitingTask,
    by_urgency,
    needs_of,
    standing_in_words,
)


def show(*, as_json: bool) -> None:
    """Print it; nothing is changed, and a stack that is down is no error."""
    home = home_folder()
    stack = _stack()
    facts: list[LineFacts] = []
    if home.is_dir():
        from slipway.steps.needs import of_all

        # only who waits for looks from now on may miss one: this process has just begun
        facts = of_all(since=time.time() if stack["state"] == "up" else None)
    needs = by_urgency([need for each in facts for need in needs_of(each)])
    next_step = _next_step(str(stack["state"]), facts, needs)
    if as_json:
        print_json(
            {
                "home": str(home),
                "stack": stack,
                "event_time": _event_time(),
                "lines": [
                    {
                        "line": f.line,
                        "stands": standing_in_words(f),
                        "log_since": _log_since(f.line),
                    }
                    for f in facts
                ],
                "needs": [need.to_dict() for need in needs],
                "next_step": next_step,
            }
        )
        return
    _say(stack, facts, needs, next_step)


def _stack() -> dict[str, Any]:
    """The embedded stack of this home: none, down, up with its pages, or servers elsewhere."""
    from slipway.stack.installation import Installation, stack_id
    from slipway.stack.processes import supervisors

    home = home_folder()
    if not (home / "run" / "options.json").is_file():
        elsewhere = os.environ.get("SLIPWAY_MLFLOW_URL", "")
        if elsewhere and home.is_dir():
            return {"state": "elsewhere", "mlflow": elsewhere}
        return {"state": "none"}
    if not supervisors(stack_id(home)):
        return {"state": "down"}
    at = Installation.load(home)
    return {
        "state": "up",
        "airflow": at.airflow_url,
        "mlflow": at.mlflow_url,
        "router": at.router_url,
    }


def _event_time() -> str | None:
    """The time of events where they have a clock of their own, as in a demo; None: it is the wall's."""
    from slipway.settings import settings

    of = settings()
    return f"{of.clock.at(time.time()):%Y-%m-%d %H:%M}" if of.clock_file else None


def _log_since(line: str) -> str | None:
    """The first day of a line's log, from which on weeks can be made again."""
    from slipway.data import parts

    found = parts.first_day(home_folder(), line)
    return str(found) if found else None


def _next_step(stack: str, facts: Sequence[LineFacts], needs: Sequence[WaitingTask]) -> str:
    unplanned = next((need.next_step for need in needs if need.kind is NeedKind.PLAN), None)
    if stack in {"none", "down"}:
        return unplanned or _start(facts)
    if needs:
        return needs[0].next_step
    first = next((f.line for f in facts if f.state is not None and not f.state.epoch), None)
    if first:
        return f"slipway airflow dags trigger retrain_{first}"
    return "slipway status"


def _start(facts: Sequence[LineFacts]) -> str:
    """Without the bundled shop where a team's own line is in use."""
    from slipway import lines

    own = {each.line for each in facts} - set(lines.bundled_names())
    return "slipway up --no-shop" if own else "slipway up"


_STACKS = {
    "none": "no stack was started in {home}",
    "down": "the stack of {home} is down",
    "up": "the stack of {home} is up: Airflow {airflow}, MLflow {mlflow}, router {router}",
    "elsewhere": "{home} belongs to servers elsewhere, MLflow {mlflow}",
}


def _say(
    stack: dict[str, Any], facts: Sequence[LineFacts], needs: Sequence[WaitingTask], next_step: str
) -> None:
    out.print(escape(_STACKS[str(stack["state"])].format(home=home_folder(), **stack)))
    if own := _event_time() if facts else None:
        out.print(f"events have a clock of their own: it is {own} UTC")
    table = Table(show_header=False, box=None)
    for each in facts:
        since = _log_since(each.line)
        began = f"log since {since}" if since else "no log yet"
        table.add_row(f"[bold]{escape(each.line)}[/]", escape(standing_in_words(each)), began)
    if facts:
        out.print(table)
    for need in needs:
        since = f" since {need.since:%Y-%m-%d %H:%M}" if need.since else ""
        out.print(
            f"[yellow]waits for {need.who}[/]{since}: {escape(need.line)}: {escape(need.words)}"
        )
    if facts and not needs:
        out.print("nothing waits for anybody")
    out.print(f"next: [bold]{escape(next_step)}[/]   (all commands: slipway --help)")
