"""What the bench of planted leaks found, as Markdown, and which goals it missed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import declared_plants
import leak_real
from leak_clothes import CLOTHES
from leak_plants import PLANTS, STRENGTHS
from leak_tables import MENDED_BY, TUNED_ON
from slipway.domain.leak import LeakKind

GOALS = {"blatant": 0.99, "moderate": 0.95, "faint": 0.0}
MOST_FALSE = 0.005
EVERY = PLANTS | CLOTHES


SEEN = (
    "How identifiers, clocks and files that the label sorted are judged was changed after a look at"
    " the false alarms on these very draws: on others they may be more."
)

REAL_SAYS = (
    "Plain leaks hold the outcome; soft ones are merely written or updated later and may know little"
    " of it. Top N: known leaks among the N most suspicious columns, where N leaks are known. The"
    " probes were made with these four tables at hand."
)


class Outcome(NamedTuple):
    """What one audit gave: found or not, wrongly accused columns, columns that were clean.

    ``plant`` is "" for a clean table.
    """

    plant: str
    strength: str
    table: str
    seed: int
    found: bool
    false: tuple[str, ...]
    columns: int


def page(
    outcomes: Sequence[Outcome],
    proofs: Sequence[declared_plants.Proof],
    real: Sequence[leak_real.Told],
    planned: int,
) -> str:
    """The Markdown page of the outcomes so far, of as many as are ``planned``."""
    ways = (f"- `{w.__name__}`: {w.__doc__}" for ways in EVERY.values() for w in ways)
    alarms, columns = sum(len(o.false) for o in outcomes), sum(o.columns for o in outcomes)
    parts = [
        "# Planted leaks: what the probes find, and whom they accuse wrongly",
        (
            "`python tests/benchmarks/leaks.py` writes this page; seeds are fixed. Goals: ≥ 99 % of the"
            " blatant, ≥ 95 % of the moderate, ≤ .5 % false alarms per column. Found means graded"
            f" SUSPECT or LEAK. {len(outcomes):,} of {planned:,} audits are done; false alarms over all:"
            f" {_share(alarms, columns)}. {SEEN}"
        ),
        "## From the table alone (`slipway audit`)",
        _table("kind | plant | blatant | moderate | faint | false alarms", _detection(outcomes)),
        "## Proven by declaration (the weekly run)",
        _table(
            "kind | plant | blatant | moderate | faint | false alarms",
            declared_plants.rows(proofs),
        ),
        "## Real tables with known leaks",
        REAL_SAYS,
        _table(
            "table | plain found | soft found | in the top N | not accused | wrongly accused | columns",
            leak_real.rows(real),
        ),
        "## Clean tables",
        _table("table | role | tables | false alarms per column | who", _clean(outcomes)),
        "## What was planted (blatant, moderate, faint)",
        "\n".join(ways),
    ]
    return "\n\n".join(parts) + "\n"


def missed(outcomes: Sequence[Outcome], proofs: Sequence[declared_plants.Proof]) -> Iterator[str]:
    """Goals that were not reached."""
    for kind in EVERY:
        for strength, goal in GOALS.items():
            some = [o for o in _of(outcomes, kind) if o.strength == strength]
            if some and sum(o.found for o in some) < goal * len(some):
                yield f"{kind} {strength}: {_share(sum(o.found for o in some), len(some))}"
    alarms, columns = sum(len(o.false) for o in outcomes), sum(o.columns for o in outcomes)
    if alarms > MOST_FALSE * columns:
        yield f"false alarms: {_share(alarms, columns)}"
    yield from declared_plants.missed(proofs)


def _table(head: str, rows: Iterator[str]) -> str:
    return "\n".join([f"| {head} |", "|---" * (head.count("|") + 1) + "|", *rows])


def _share(hits: int, of: int) -> str:
    return f"{hits / of:.1%} ({hits}/{of})" if of else "-"


def _of(outcomes: Sequence[Outcome], kind: LeakKind) -> list[Outcome]:
    names = {way.__name__ for way in EVERY[kind]}
    return [o for o in outcomes if o.plant in names]


def _detection(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Rows of every way to plant a kind, and of the kind as a whole."""
    for kind, ways in EVERY.items():
        whole = _of(outcomes, kind)
        for way in ways:
            yield _row(kind, f"`{way.__name__}`", [o for o in whole if o.plant == way.__name__])
        if len(ways) > 1:
            yield _row(kind, "**together**", whole)


def _row(kind: LeakKind, way: str, some: Sequence[Outcome]) -> str:
    cells = []
    for strength in STRENGTHS:
        part = [o for o in some if o.strength == strength]
        cells.append(_share(sum(o.found for o in part), len(part)))
    false = _share(sum(len(o.false) for o in some), sum(o.columns for o in some))
    return f"| {kind} | {way} | {' | '.join(cells)} | {false} |"


def _clean(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """False alarms per column of clean tables, table by table; the whole table counts as one."""
    for name in dict.fromkeys(o.table for o in outcomes):
        some = [o for o in outcomes if o.table == name and not o.plant]
        who = Counter(column or "the table" for o in some for column in o.false)
        told = ", ".join(f"{column} {count}" for column, count in who.most_common(4))
        false = _share(sum(len(o.false) for o in some), sum(o.columns for o in some))
        yield f"| {name} | {_role(name)} | {len(some)} | {false} | {told} |"


def _role(name: str) -> str:
    if name in TUNED_ON:
        return "thresholds were set on other draws of it"
    changed = "a threshold was changed after other draws of it"
    return changed if name in MENDED_BY else "looked at afterwards"
