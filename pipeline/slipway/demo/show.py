"""What the demo shows: its policy beside the production one, transitions, the last table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from slipway.demo.demo_candidates import Fate
from slipway.domain.policy import Policy
from slipway.domain.release import Transition
from slipway.domain.stage import MEETS_USERS, Stage
from slipway.stack.installation import Options
from slipway.stack.stack import Addresses

ROOMY = 120
"""Columns from which a table of fates can be read."""

ONE_USER = (
    "This stack is for trying out: its key, words and tasks belong to one user of the operating system,"
    " who can sign any approval. In the containers (docker/compose.yaml) MLflow alone reads the key."
)

_COLOUR = {
    Stage.CHAMPION: "bold green",
    Stage.REJECTED: "red",
    Stage.RETURNED: "red",
    Stage.TIMED_OUT: "yellow",
    Stage.SUPERSEDED: "yellow",
    Stage.APPROVAL: "cyan",
}


def differences(production: Policy, demo: Policy) -> Iterator[tuple[str, object, object, str]]:
    """Knobs that differ: name, production value, demo value, unit.

    >>> list(differences(Policy(), Policy(margin=0.05)))
    [('margin', 0.02, 0.05, 'relative effect')]
    """
    pairs = [("", production, demo)]
    pairs += [
        (f"{one.stage}.", one, other)  # type: ignore[misc]
        for one, other in zip(production.canary, demo.canary, strict=True)
    ]
    for where, one, other in pairs:
        for item in fields(one):
            old, new = getattr(one, item.name), getattr(other, item.name)
            if item.name != "canary" and old != new:
                yield f"{where}{item.name}", old, new, item.metadata.get("unit", "yes or no")


def policy_table(production: Policy, demo: Policy, budget_ms: float) -> Table:
    """The knobs that were turned for the demo's small traffic, and for its busy machine."""
    table = Table(
        title="The demo's policy: the same gates, these knobs for its small traffic",
        caption="The reconciler looks when a stage's hours are over, then every four event hours; in "
        "production every five minutes.",
    )
    for name in ("knob", "production", "demo", "unit"):
        table.add_column(name)
    for name, old, new, unit in differences(production, demo):
        table.add_row(name, str(old), str(new), unit)
    usual = Options().router_budget_ms
    table.add_row("router's budget", str(usual), str(budget_ms), "ms of an arm")
    return table


def transition_line(t: Transition, who: str) -> str:
    """One line for a step of the ledger, with its reason."""
    colour = _COLOUR.get(t.to_stage, "default")
    share = f" at {t.share:.0%}" if t.to_stage in MEETS_USERS else ""
    origin = f"{t.from_stage} → " if t.from_stage else ""
    return (
        f"[dim]{t.at:%a %d %b %H:%M}[/] [bold]version {t.candidate.version}[/] ({escape(who)}) "
        f"{origin}[{colour}]{t.to_stage}[/]{share}: {escape(t.reason)}"
    )


def fates(found: Sequence[Fate], width: int, title: str) -> RenderableType:
    """The demo's last word on each candidate: a table where there is room for one, else a list."""
    return _fates_table(found, title) if width >= ROOMY else Group("", *map(_fate, found))


def _fate(fate: Fate) -> RenderableType:
    mark = "[green]✓[/]" if fate.right else "[bold red]✗[/]"
    lines = (f"version {fate.version}, {fate.stage}", f"{fate.verdict}: {escape(fate.reason)}")
    return Group(
        Text.from_markup(f"{mark} [bold]{fate.title}[/]"),
        *(Padding(Text.from_markup(line), (0, 0, 0, 2)) for line in (*lines, escape(fate.link))),
    )


def _fates_table(fates: Sequence[Fate], title: str) -> Table:
    table = Table(title=title, show_lines=True)
    for name, least in (("", 1), ("candidate", 12), ("version", 4), ("stage reached", 10)):
        table.add_column(name, min_width=least, overflow="fold")
    for name, least in (("verdict", 12), ("reason", 30), ("evidence", 20)):
        table.add_column(name, min_width=least, overflow="fold")
    for fate in fates:
        mark = "[green]✓[/]" if fate.right else "[bold red]✗[/]"
        table.add_row(
            mark,
            fate.title,
            fate.version,
            fate.stage,
            fate.verdict,
            escape(fate.reason),
            escape(fate.link),
        )
    return table


def pages(console: Console, found: Addresses) -> None:
    """Addresses of the stack's pages with the accounts that open them."""
    table = Table(title="Pages")
    for name in ("page", "address", "accounts (user: password)"):
        table.add_column(name, overflow="fold")
    table.add_row("Airflow", found.airflow, _accounts(found.airflow_accounts))
    table.add_row("MLflow registry", found.mlflow, _accounts(found.mlflow_accounts))
    table.add_row("router", f"{found.router}/metrics", "")
    console.print(table)
    console.print(ONE_USER)


def _accounts(accounts: Mapping[str, str]) -> str:
    return escape("\n".join(f"{user}: {word}" for user, word in accounts.items()))
