"""The page laid out: the decision first, then what a reviewer asks next, in that order."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from slipway.domain.declared_line import DeclaredLine
from slipway.domain.in_words import counted
from slipway.domain.verdict import Verdict, panel_conclusion
from slipway.reports.page import TEMPLATES, Row, Table
from slipway.reports.review import card, decision, standing
from slipway.reports.review.brief import Brief, EffectBeside, Findings
from slipway.reports.review.changes import changes
from slipway.reports.review.untested import untested
from slipway.reports.review.words import numbers, percent, plainly, question

POINTS_FILE = "points.json"
"""Name of the short form's points among the files of the evidence."""
LONGEST_PAGE = 300_000
"""Bytes of a page: it is opened on phones, and kept for years."""

_CONTENTS = (
    ("undo", "undo"), ("untested", "not tested"), ("pictures", "pictures"), ("verdicts", "verdicts"), ("compared", "comparisons"),
    ("segments", "segments"), ("changes", "changes"), ("standing", "promise and rules"),
    ("exposure", "exposure"), ("alternatives", "alternatives"), ("card", "model card"), ("identity", "digest"),
)  # fmt: skip
_DIGITS = 2
"""Of a percentage on held-out rows, where differences are small; none is of a probability."""


def render(title: str, brief: Brief, found: Findings) -> str:
    """The page as HTML; it loads nothing from elsewhere."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("review.html.j2").render(content(title, brief, found))


def content(title: str, brief: Brief, found: Findings) -> Mapping[str, Any]:
    """Everything that stands on the page, by its place."""
    return {
        "title": title,
        "conclusion": panel_conclusion(found.verdicts).name,
        "lead": found.lead,
        "asked": decision.asked(brief, found),
        "headings": decision.headings(brief, found),
        "approved": decision.if_approved(brief, found),
        "rejected": decision.if_not(brief),
        "risk": decision.biggest_risk(brief, found),
        "contents": _CONTENTS,
        "way_back": standing.way_back(brief, found),
        "untested": untested(brief, found),
        "verdicts": verdicts(brief.line, found.verdicts),
        "compared": [shown(one) for one in found.compared],
        "segments": [shown(one) for one in found.segments],
        "figures": found.figures,
        "changes": changes(brief),
        "promises": standing.promises(brief, found),
        "exposure": standing.exposure(brief, found),
        "stages": standing.stages(brief),
        "alternatives": standing.alternatives(brief),
        "tables": found.tables,
        "card": card.card(brief, found),
        "identity": standing.identity(brief),
        "facts": found.facts,
    }


def points(brief: Brief, found: Findings) -> dict[str, str]:
    """The short form, for the registry's own page of a version: what a reviewer asks first."""
    asked, way = decision.asked(brief, found), standing.way_back(brief, found)
    return {
        "decision": f"{asked.question} {f'Until {asked.until}.' if asked.open else ''}".strip(),
        "biggest risk": decision.biggest_risk(brief, found),
        "not tested": " ".join(untested(brief, found)[:3]),
        "undo": way["Now" if standing.is_over(brief, found) else "After the promotion"].replace(
            "`", ""
        ),
    }


def verdicts(line: DeclaredLine, given: Sequence[Verdict]) -> Table:
    """Verdicts from worst to best, each with its question, and its numbers in the line's words."""
    say = plainly(line)
    ranked = sorted(given, key=lambda v: (-v.conclusion, v.gate))
    return Table(
        "Verdicts", "question", tuple(_row(v, say) for v in ranked), empty="No gate has spoken."
    )


def _row(verdict: Verdict, say: Callable[[str], str]) -> Row:
    shown_numbers = tuple(numbers(e, say) for e in verdict.evidence)
    return Row(
        question(verdict.gate),
        verdict.conclusion.name,
        f"{verdict.gate}: {say(verdict.reason)}",
        shown_numbers,
    )


def shown(one: EffectBeside) -> Mapping[str, str]:
    """One comparison as the cells of its row."""
    rows = f", {counted(one.rows, 'row')}" if one.rows is not None else ""
    return {
        "name": decision.named(one),
        "effect": percent(one.effect, _DIGITS),
        "range": f"{percent(one.lower, _DIGITS)} to {percent(one.upper, _DIGITS)}",
        "margin": f"{100 * one.margin:.3g} %" if one.margin else "no limit",
        "floor": f"± {100 * one.floor:.2f} %" if one.floor is not None else "in the interval",
        "power": f"{100 * one.power:.0f} %" if one.power is not None else "looked at any time",
        "where": f"{one.where}{rows}",
    }
