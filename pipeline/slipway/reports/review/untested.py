"""What nobody tested: from the line's declaration, from the release so far, and from the kind."""

from collections.abc import Iterator

from slipway.domain.in_words import counted
from slipway.domain.line import Line
from slipway.domain.stage import LIVE_STAGES, Stage
from slipway.domain.verdict import Conclusion
from slipway.reports.review.brief import Brief, Findings
from slipway.reports.review.words import label, question

WEEK_DAYS = 7


def untested(brief: Brief, found: Findings) -> tuple[str, ...]:
    """Sentences, what may matter most first."""
    every = (
        *_undecided(found),
        *found.untested,
        *_exposure(brief, found),
        *_line(brief, found),
        *_always(brief),
    )
    return tuple(dict.fromkeys(text[0].upper() + text[1:] for text in every))


def _undecided(found: Findings) -> Iterator[str]:
    for verdict in found.verdicts:
        if verdict.conclusion is Conclusion.UNDECIDED:
            yield f"Without an answer: {question(verdict.gate)}"


def _exposure(brief: Brief, found: Findings) -> Iterator[str]:
    if not brief.line.has_traffic:
        yield "Whether people find what they look for in these clusters: nobody is asked or measured."
        return
    seen = found.exposure
    if seen is None or not seen.exposures:
        yield "Anything that only users can show: nobody has been answered by it yet."
        return
    if brief.stage in LIVE_STAGES or brief.stage is Stage.CHAMPION:
        yield f"More than {brief.share:.0%} of users at once: load, and users who see each other's answers."
    if seen.days < WEEK_DAYS:
        yield f"A whole week: users have had it for {counted(round(seen.days, 1), 'day')}."
    yield (
        f"Anything that takes longer than the {counted(round(seen.days, 1), 'day')} so far: habit, novelty "
        "that wears off, users who leave."
    )


def _line(brief: Brief, found: Findings) -> Iterator[str]:
    line = brief.line
    if brief.champion is None:
        yield "Any comparison with a champion: the line has none yet."
    if not isinstance(line, Line):
        return
    yield from _segments(line, found)
    unproven = [label(c.name) for c in line.columns if c.may_be_input and c.tolerance is None]
    if unproven:
        yield f"Whether past values are as they were then: not provable for {', '.join(unproven)}."
    if line.waiver:
        yield f"What was known when, of the whole table: {line.waiver}."
    if not line.policy.rules_share:
        yield "The hand-written rules on live users: none are held out for them."
    if not line.policy.explore_share:
        yield "What the models never show or answer: no user gets answers by chance."


def _segments(line: Line, found: Findings) -> Iterator[str]:
    only_offline = [label(name) for name in line.segments if name not in line.live_segments]
    if only_offline:
        yield f"Losses by {', '.join(only_offline)} among live users: compared on held-out rows alone."
    seen = {(one.group, one.what) for one in found.segments}
    for name in line.segments:
        words = line.column(name).words
        few = [word for word in words if (label(name), word) not in seen]
        if few and len(few) < len(words):
            yield f"{label(name)} {', '.join(few)}: too few rows to compare."
        elif not any(group == label(name) for group, _ in seen):
            yield f"Losses by {label(name)}: no such segment was compared."
    if not line.segments:
        yield "Any segment of users or items: the line declares none."


def _always(brief: Brief) -> Iterator[str]:
    if brief.rehearsed is None:
        yield "The way back: no rollback of this line was ever rehearsed."
    yield "Effects on groups of people that no column names."
