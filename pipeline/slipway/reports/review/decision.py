"""What is asked of whom until when, what would follow from each answer, and what could go wrong."""

from typing import NamedTuple

from slipway.domain.in_words import counted
from slipway.domain.stage import Stage
from slipway.domain.stage import label as stage_label
from slipway.domain.verdict import Conclusion
from slipway.lines.cron_words import when
from slipway.reports.review.brief import LIVE, Brief, EffectBeside, Findings
from slipway.reports.review.words import label, outcome, percent, plainly, question

SUBTLE = 0.0005
"""A relative effect that is written as "the same": less than 0.1 percent, rounded."""


class QuestionAsked(NamedTuple):
    """The question, whether a person has to answer it now, until when, who may and who may not."""

    question: str
    open: bool
    until: str
    by: str
    not_by: str


def asked(brief: Brief, found: Findings) -> QuestionAsked:
    """The decision that this page is for."""
    not_by = (
        f"{brief.author or 'nobody known'}, who started the run that trained it ({brief.origin})"
    )
    if brief.stage is Stage.APPROVAL:
        one = "one reviewer who is another person than its author"
        two = "two reviewers, none of them its author"
        until = f"{brief.asked_until:%A %Y-%m-%d %H:%M} UTC" if brief.asked_until else "not known"
        return QuestionAsked(
            _question(brief), True, until, one if brief.one_reviewer else two, not_by
        )
    if brief.stage.is_final:
        text = f"Nothing any more: this release has ended as {stage_label(brief.stage)}."
        over = f"over: it ended on {brief.at:%A %Y-%m-%d %H:%M} UTC"
        return QuestionAsked(text, False, over, "", not_by)
    name = f"{brief.name[0].upper()}{brief.name[1:]}"
    if _has_failed(found):
        text = f"Nothing, and nobody will be asked: {brief.name} has failed a gate, which ends its release."
        return QuestionAsked(text, False, "no date: a failed gate ends it at once", "", not_by)
    text = (
        f"Nothing yet. {name} is in the stage {stage_label(brief.stage)}, and its gates decide alone; "
        "a reviewer is asked once they have all passed."
    )
    return QuestionAsked(text, False, _ends_undecided(brief), "a reviewer, later", not_by)


def _ends_undecided(brief: Brief) -> str:
    """Until when the gates have time, where nobody has to answer yet."""
    if brief.asked_until:
        return f"no answer is due; still undecided on {brief.asked_until:%A %Y-%m-%d %H:%M} UTC, it ends by itself"
    days = counted(brief.line.policy.timeout_days, "day")
    return f"no answer is due; still undecided after {days} on its stages, it ends by itself"


def _has_failed(found: Findings) -> bool:
    return any(verdict.conclusion is Conclusion.FAIL for verdict in found.verdicts)


def _question(brief: Brief) -> str:
    if not brief.line.has_traffic:
        return f"Shall the clusters of {brief.name} be the ones that {brief.line.name} shows from now on?"
    return f"Shall {brief.name} of {brief.line.name} answer all users from now on, as the new champion?"


def headings(brief: Brief, found: Findings) -> tuple[str, str]:
    """Over what follows from a yes, and from a no: nobody is asked about what has ended, or will."""
    if brief.stage.is_final or _has_failed(found):
        return "If it were the champion", "What stays"
    return "If it is approved", "If it is not"


def if_approved(brief: Brief, found: Findings) -> tuple[str, ...]:
    """Three sentences on what users would get."""
    instead = f"version {brief.champion}" if brief.champion else "the hand-written rules"
    if brief.line.has_traffic:
        today = (
            f"; {brief.share:.0%} of them have it today" if brief.share else "; nobody has it today"
        )
        whole = f"All users but the held-out ones are answered by {brief.name} instead of {instead}{today}."
    else:
        whole = f"Everybody sees the clusters of {brief.name} instead of those of {instead}."
    return whole, _effect(brief, found), found.users or _worst_off(found)


def _effect(brief: Brief, found: Findings) -> str:
    name = outcome(brief.line)
    seen = next((one for one in found.compared if one.where == LIVE and one.what == name), None)
    if seen is not None:
        return f"Measured on users, {in_words(seen)}."
    if not brief.line.has_traffic:
        return (
            "Nobody is answered by clusters, so no effect on users is measured; what was, follows."
        )
    if found.compared:
        return f"No user has shown yet what it does to {name}; measured before, {in_words(found.compared[0])}."
    return f"What it does to {name} was not measured beside a champion."


def _worst_off(found: Findings) -> str:
    if not found.segments:
        return "No segment of users or items was compared."
    return f"Worst off would be {in_words(found.segments[0])}."


def if_not(brief: Brief) -> tuple[str, str]:
    """Two sentences on what stays."""
    stays = (
        f"Version {brief.champion} goes on" if brief.champion else "The hand-written rules go on"
    )
    over = (
        f"{brief.name} is not offered again, unless a reviewer reopens it with a reason"
        if brief.stage is Stage.OFFERED
        else f"{brief.name} is taken off and not offered again, unless a reviewer reopens it with a reason"
    )
    unanswered = (
        f"No answer until {brief.asked_until:%Y-%m-%d %H:%M} UTC is a no, too; "
        if brief.asked_until and brief.stage is Stage.APPROVAL
        else ""
    )
    zone = getattr(getattr(brief.line, "schedule", None), "zone", "UTC")
    newer = f"{unanswered}the next candidate comes with the next training run, {when(brief.line.cron, zone)}."
    return f"{stays} as before; {over}.", newer[0].upper() + newer[1:]


def biggest_risk(brief: Brief, found: Findings) -> str:
    """The one thing to be afraid of, worst kind first: a proven harm, an open question, a possible loss."""
    say = plainly(brief.line)
    worst = max(found.verdicts, key=lambda v: v.conclusion, default=None)
    if worst is None:
        return "No gate has given a verdict: nothing is known of it."
    if worst.conclusion is not Conclusion.PASS:
        word = "Proven" if worst.conclusion is Conclusion.FAIL else "Not decided"
        others = [
            f"{label(v.gate)} ({say(v.reason)})"
            for v in found.verdicts
            if v.conclusion is worst.conclusion and v is not worst
        ]
        also = f" {word}, too: {'; '.join(others)}." if others else ""
        asks = question(worst.gate)
        return f"{word}, by the gate that asks “{asks}”: {say(worst.reason)}.{also}{_hit_hardest(found)}"
    if found.hardest:
        return f"No gate is against it, and not all is as it was.{_hit_hardest(found)}"
    possible = possible_losses(found)
    if not possible:
        return "No measurement allows a loss; what was not tested (below) is what is left."
    return f"Not excluded: {at_worst(possible[0])}."


def _hit_hardest(found: Findings) -> str:
    """The segment that is proven to lose most, or the kind's own words; "" where none is."""
    if found.hardest:
        return f" Hit hardest: {found.hardest}."
    proven = [one for one in found.segments if one.upper < -SUBTLE]
    return f" Hit hardest: {in_words(min(proven, key=lambda c: c.effect))}." if proven else ""


def possible_losses(found: Findings) -> tuple[EffectBeside, ...]:
    """Everything in which a loss is not excluded, by how much might be lost."""
    every = (*found.compared, *found.segments)
    return tuple(sorted((c for c in every if c.lower < -SUBTLE), key=lambda c: c.lower))


def at_worst(one: EffectBeside) -> str:
    """How much may be lost, and how much is allowed.

    >>> at_worst(EffectBeside("clicks", LIVE, 0.01, -0.012, 0.03, 0.02))
    'clicks may be 1.2 % worse on live traffic (best guess: 1.0 % better; a loss of 2.0 % is allowed)'
    """
    allowed = f"; a loss of {one.margin:.1%} is allowed".replace("%", " %") if one.margin else ""
    return (
        f"{named(one)} may be {percent(one.lower)} on {one.where} "
        f"(best guess: {percent(one.effect)}{allowed})"
    )


def in_words(one: EffectBeside) -> str:
    """An effect with its interval.

    >>> in_words(EffectBeside("clicks", LIVE, 0.01, -0.012, 0.03))
    'clicks are 1.0 % better (the data allow from 1.2 % worse to 3.0 % better)'
    """
    verb = "are" if named(one).endswith("s") else "is"
    return (
        f"{named(one)} {verb} {percent(one.effect)} (the data allow from {percent(one.lower)} "
        f"to {percent(one.upper)})"
    )


def named(one: EffectBeside) -> str:
    """What was compared; a segment with its column."""
    return f"{one.group} “{one.what}”" if one.group else one.what
