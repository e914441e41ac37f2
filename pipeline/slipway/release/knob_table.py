"""Every number that decides, as a table for people: made from the knobs, so that it cannot disagree with them."""

import dataclasses
from typing import Any, NamedTuple

from slipway.domain.canary import DEFAULT_CANARY, CanaryRule
from slipway.domain.clusters import ClusterPolicy
from slipway.domain.config import range_text
from slipway.domain.policy import Policy
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.retention import Retention
from slipway.domain.watch_policy import WatchPolicy

TABLES: tuple[tuple[str, type, str], ...] = (
    ("Every line that answers requests", Policy, "`[<line>]` of the policy file"),
    ("A line that gives one answer a request, besides", PredictionPolicy, "`[<line>]`"),
    ("A stage of the canary", CanaryRule, "`[<line>.canary.<stage>]`"),
    ("A line of clusters", ClusterPolicy, "`[<line>]`"),
    ("The watch", WatchPolicy, "`[<line>.watch]`"),
    ("What is kept", Retention, "`[<line>.retention]`"),
)
HEAD = """# The policy's numbers

Each is a knob with a unit and a range; one outside of it is refused when the line is loaded. `slipway policy LINE`
says in words what they do to a line, and this page is what `slipway knobs` prints."""


def knob_tables() -> str:
    """The page, as Markdown."""
    return "\n\n".join((HEAD, *(_table(*each) for each in TABLES), _canary())) + "\n"


class KnobRow(NamedTuple):
    """One knob for machines: the title of its table, name, default as text ("none": it must be given), unit,
    range and meaning.
    """

    table: str
    knob: str
    default: str
    unit: str
    range: str
    meaning: str


def knob_rows() -> list[KnobRow]:
    """Every knob, in the order of the page."""
    return [KnobRow(title, *_cells(f)) for title, of, _ in TABLES for f in _knobs(of)]


def _table(title: str, of: type, place: str) -> str:
    rows = [_row(field) for field in _knobs(of)]
    head = "| knob | default | unit | range | meaning |\n|---|---|---|---|---|"
    return f"## {title}\n\nOverridden in {place}.\n\n" + "\n".join((head, *rows))


def _knobs(of: type) -> "list[dataclasses.Field[Any]]":
    inherited = {f.name: f for f in dataclasses.fields(Policy)} if of is PredictionPolicy else {}
    return [
        field
        for field in dataclasses.fields(of)
        if "unit" in field.metadata and not _same(field, inherited.get(field.name))
    ]


def _same(field: "dataclasses.Field[Any]", other: "dataclasses.Field[Any] | None") -> bool:
    return other is not None and field.default == other.default and field.metadata == other.metadata


def _row(field: "dataclasses.Field[Any]") -> str:
    name, *others = _cells(field)
    cells = (f"`{name}`", *others)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _cells(field: "dataclasses.Field[Any]") -> tuple[str, str, str, str, str]:
    """Name, default, unit, range, meaning."""
    meta = field.metadata
    default = "none" if field.default is dataclasses.MISSING else _said(field.default)
    return field.name, default, meta["unit"], range_text(meta) or "none", meta["about"]


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_said(each) for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _canary() -> str:
    rows = [
        f"| `{rule.stage}` | {rule.share:g} | {rule.min_hours:g} | {rule.harm_excluded:g} |"
        for rule in DEFAULT_CANARY
    ]
    head = "| stage | share | min_hours | harm_excluded |\n|---|---|---|---|"
    return "## The stages where nothing is declared\n\n" + "\n".join((head, *rows))
