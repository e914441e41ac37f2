"""The model card of a release: filled from evidence and ledger, with what a person declared of the line.

Its fields are those of Mitchell et al. (2019, arXiv 1810.03993); REGULATION.md beside this file says which of
them answers which article. A field that nobody filled says so: no card guesses.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from slipway.domain.in_words import counted
from slipway.domain.verdict import Conclusion
from slipway.reports.page import markdown
from slipway.reports.review import decision, standing
from slipway.reports.review.brief import Brief, Findings
from slipway.reports.review.untested import untested
from slipway.reports.review.words import label, outcome, question

JSON_FILE, TEXT_FILE = "card.json", "card.md"
EVIDENCE, LEDGER, PERSON, MISSING = "evidence", "ledger", "a person", "missing"
_ASKED = {
    "intended_use": "what the line's models are for",
    "limits": "what they must not be used for",
    "owner": "who answers for the line",
    "overseer": "the named person who oversees it and may stop it",
}


class CardField(NamedTuple):
    """One field: what it is called, what it says, and where that comes from."""

    name: str
    said: str
    source: str


def card(brief: Brief, found: Findings) -> tuple[CardField, ...]:
    """The fields in the order of the paper, who answers for it first."""
    return tuple(make(brief, found) for make in _FIELDS)


def as_json(fields: tuple[CardField, ...]) -> dict[str, Mapping[str, str]]:
    """The card for machines: field → words and source."""
    return {field.name: {"says": field.said, "source": field.source} for field in fields}


def as_text(title: str, fields: tuple[CardField, ...]) -> str:
    """The card in Markdown, a paragraph a field; words of the data and of people stay words."""
    parts = [
        f"## {field.name[0].upper()}{field.name[1:]}\n\n{markdown(field.said)}\n\n*From: {field.source}.*"
        for field in fields
    ]
    return f"# Model card: {markdown(title)}\n\n" + "\n\n".join(parts) + "\n"


def _declared(name: str) -> Callable[[Brief, Findings], CardField]:
    def make(brief: Brief, _found: Findings) -> CardField:
        said = getattr(brief.line.card, name)
        if said:
            return CardField(label(name), said, PERSON)
        article = "an" if name[0] in "aeio" else ""
        ask = f"This card is without {article} {label(name)}: declare {_ASKED[name]} in the line (card=Card({name}=…))."
        return CardField(label(name), " ".join(ask.split()), MISSING)

    return make


def _model(brief: Brief, _found: Findings) -> CardField:
    line = brief.line
    said = (
        f"{line.name} ({line.kind}), {brief.name}, fingerprint {brief.fingerprint[:16] or 'not known'}: {line.about} "
        f"Trained by a {brief.origin} run that {brief.author or 'nobody known'} started."
    )
    return CardField("model", said, LEDGER)


def _training_data(brief: Brief, _found: Findings) -> CardField:
    interval = brief.run.get("interval")
    if not interval:
        return CardField("training data", "not known: the training run left no record", MISSING)
    rows, inputs = brief.run.get("rows"), brief.run.get("recipe", {}).get("inputs", ())
    said = (
        f"Data interval {interval[0][:10]} to {interval[1][:10]}, {rows:,} rows, "
        f"{counted(len(inputs), 'column')}: {', '.join(map(label, inputs))}."
    )
    return CardField("training data", said, EVIDENCE)


def _measured_on(_brief: Brief, found: Findings) -> CardField:
    return CardField("measured on", found.lead or "nothing", EVIDENCE if found.lead else MISSING)


def _metrics(brief: Brief, found: Findings) -> CardField:
    said = "; ".join(decision.in_words(one) for one in found.compared)
    return CardField(
        "metrics",
        f"{said or f'{outcome(brief.line)} were not compared with a champion'}.",
        EVIDENCE,
    )


def _factors(_brief: Brief, found: Findings) -> CardField:
    if not found.segments:
        return CardField("factors", "No segment was compared.", MISSING)
    worst = decision.in_words(found.segments[0])
    return CardField(
        "factors", f"{counted(len(found.segments), 'segment')} compared; worst: {worst}.", EVIDENCE
    )


def _conclusions(_brief: Brief, found: Findings) -> CardField:
    open_ones = [v for v in found.verdicts if v.conclusion is not Conclusion.PASS]
    said = (
        f"{len(found.verdicts) - len(open_ones)} of {counted(len(found.verdicts), 'gate')} passed"
    )
    others = "; ".join(f"{v.conclusion.name}: {question(v.gate)}" for v in open_ones)
    return CardField("conclusions", f"{said}. {others}".strip(), EVIDENCE)


def _risk(brief: Brief, found: Findings) -> CardField:
    return CardField("biggest risk", decision.biggest_risk(brief, found), EVIDENCE)


def _not_tested(brief: Brief, found: Findings) -> CardField:
    return CardField("not tested", " ".join(untested(brief, found)), EVIDENCE)


def _oversight(brief: Brief, found: Findings) -> CardField:
    asked = decision.asked(brief, found)
    return CardField(
        "human oversight",
        f"{asked.question} Asked of {asked.by or 'nobody'}; not of {asked.not_by}.",
        LEDGER,
    )


def _way_back(brief: Brief, found: Findings) -> CardField:
    said = "; ".join(f"{name}: {text}" for name, text in standing.way_back(brief, found).items())
    return CardField("way back", f"{said}.", LEDGER)


_FIELDS: tuple[Callable[[Brief, Findings], CardField], ...] = (
    _model, *map(_declared, ("owner", "overseer", "intended_use", "limits")), _training_data, _measured_on, _metrics,
    _factors, _conclusions, _risk, _not_tested, _oversight, _way_back,
)  # fmt: skip
