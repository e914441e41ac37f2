"""What there is to be alerted of in a line: from the reports of its watch, the ledger and what cannot be seen."""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from slipway.domain.errors import SlipwayError
from slipway.domain.release import Transition
from slipway.domain.stage import BAD_ENDINGS, Stage
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.alerts import Cause, Severity
from slipway.monitoring.notes import DriftReport, Note
from slipway.monitoring.promises import Word
from slipway.monitoring.streams import Sense
from slipway.steps import context, drift, watch_facts
from slipway.steps.retrain_ask import interval_of
from slipway.steps.watch_facts import WatchFacts

UNREADABLE = (SlipwayError, OSError, ValueError, KeyError, TypeError, AttributeError)
"""What a file raises that is missing, damaged or of another shape, and a ledger that does not answer."""

Reading = Callable[[WatchFacts, datetime, WatchPolicy], Iterator[Cause]]


def find(line: str, now: datetime, unseen: Sequence[str]) -> tuple[list[Cause], frozenset[str]]:
    """Every cause, and the sources that could look; one that could not is a cause itself.

    ``unseen`` is what the watch found that it cannot see of the line.
    """
    causes, policy = _blind(unseen, now), drift.policy_of(line)
    looked = {"looking", "sight"}
    try:
        facts = watch_facts.of(line)
    except (
        UNREADABLE
    ) as error:  # one file, one alert: what was found in the others stands as it was
        causes.append(_not_seen("the watch", error, now))
    else:
        causes += [cause for source in OF_FACTS.values() for cause in source(facts, now, policy)]
        looked |= OF_FACTS.keys()
        looked |= _asked_ledger("retrains", _asked(facts), causes, now)
    looked |= _asked_ledger("returns", _returns(line, now, policy), causes, now)
    return causes, frozenset(looked)


def _asked_ledger(
    name: str, found: Iterator[Cause], causes: list[Cause], now: datetime
) -> frozenset[str]:
    """Add what a source finds that needs the ledger; returns its name where it could look."""
    try:
        causes += list(found)
    except UNREADABLE as error:
        causes.append(_not_seen(name, error, now))
        return frozenset()
    return frozenset({name})


def _not_seen(name: str, error: Exception, now: datetime) -> Cause:
    return Cause(
        f"looking-{name}",
        "looking",
        Severity.TICKET,
        f"{name} could not be looked at",
        context.in_one_line(error),
        "an answer",
        f"{now:%Y-%m-%d %H:%M}",
        f"alerts of {name}",
    )


def _reports(facts: WatchFacts, now: datetime, policy: WatchPolicy) -> Iterator[Cause]:
    """Drift, relation and outcomes that never come."""
    if facts.drift is not None:
        yield from (_of_drift(note, policy) for note in facts.drift.open)
        yield from _unseen(facts.drift, now, policy)
    if facts.relation is None:
        return
    for note in facts.relation.weeks.open:
        yield Cause(
            f"relation-{note.column}-{note.segment}-{note.sense}",
            "reports",
            Severity.TICKET,
            "the relation of outcomes to predictions changed",
            note.words,
            "as in the weeks before, within the line's own noise",
            note.since,
            "trust in the champion's scores until it is retrained",
        )
    for week in facts.relation.without_outcome[-1:]:
        yield Cause(
            "no-outcome",
            "reports",
            Severity.PAGE,
            "no outcome came",
            f"not one of the week of {week}",
            "outcomes of what was answered",
            week,
            "every judgement that needs outcomes",
        )


def _of_drift(note: Note, policy: WatchPolicy) -> Cause:
    broken = (note.sense == Sense.MISSING and note.effect >= policy.broken) or (
        note.sense == Sense.ROWS and note.effect <= math.log1p(-policy.stopped)
    )
    beside = f"; beside it {', '.join(note.beside)}" if note.beside else ""
    return Cause(
        f"drift-{note.column}-{note.segment}-{note.sense}",
        "reports",
        Severity.PAGE if broken else Severity.NOTE,
        f"the input {note.column} is broken" if broken else f"{note.column} moved",
        note.words + beside,
        "the same weekdays before, within the line's own noise",
        note.since,
        "good answers of models that read it" if broken else "nothing",
    )


def _unseen(seen: DriftReport, now: datetime, policy: WatchPolicy) -> Iterator[Cause]:
    last = (
        datetime.fromisoformat(seen.periods[-1]).replace(tzinfo=now.tzinfo)
        if seen.periods
        else None
    )
    if last is not None and now - last > timedelta(days=policy.look_late_days):
        yield Cause(
            "look-missing",
            "reports",
            Severity.TICKET,
            "the weekly look is missing",
            f"the newest week that was compared begins {seen.periods[-1]}",
            "last week",
            seen.periods[-1],
            "drift, relation and quality",
        )
    if seen.unseen and seen.unseen[-1] == seen.periods[-1]:
        yield Cause(
            "no-rows",
            "reports",
            Severity.PAGE,
            "no rows came",
            f"too few to compare in the week of {seen.unseen[-1]}",
            "requests as in other weeks",
            seen.unseen[-1],
            "every judgement of the line",
        )


def _promises(facts: WatchFacts, _now: datetime, _policy: WatchPolicy) -> Iterator[Cause]:
    """Of the champion that leads now alone: a former one's is history."""
    for promise in facts.promises.promises[-1:]:
        if promise.word is Word.BROKEN:
            yield Cause(
                f"promise-{promise.version}-{promise.since}",
                "promises",
                Severity.TICKET,
                f"version {promise.version} broke its promise",
                promise.sentence,
                f"at least {promise.promised.lower:+.1%}"
                if promise.promised
                else "what it promised",
                promise.since,
            )


def _asked(facts: WatchFacts) -> Iterator[Cause]:
    """A retrain that was asked for and that no model has answered yet."""
    asks = facts.retrain.asks
    newest = context.ledger().state(facts.line).newest_interval_end
    if asks and (newest is None or newest < interval_of(facts.line, asks[-1])[1]):
        yield Cause(
            f"retrain-{asks[-1].at}",
            "retrains",
            Severity.TICKET,
            "a retrain is asked",
            "; ".join(asks[-1].words),
            "a model of a newer interval",
            asks[-1].at[:16].replace("T", " "),
        )


def _returns(line: str, now: datetime, policy: WatchPolicy) -> Iterator[Cause]:
    """A champion that the watch took back, until something else happens on the line."""
    past: Sequence[Transition] = context.ledger().transitions(line)
    last = past[-1] if past else None
    led = last is not None and last.from_stage is Stage.CHAMPION and last.to_stage in BAD_ENDINGS
    if last is not None and led and now - last.at < timedelta(days=policy.return_stands_days):
        yield Cause(
            f"return-{last.epoch}",
            "returns",
            Severity.PAGE,
            f"version {last.candidate.version} was returned",
            last.reason,
            "no harm beside the champion before",
            f"{last.at:%Y-%m-%d %H:%M}",
            f"version {last.candidate.version} for good",
        )


def _blind(unseen: Sequence[str], now: datetime) -> list[Cause]:
    """What cannot be seen of the line just now: router, looks, log."""
    if not unseen:
        return []
    cause = Cause(
        "blind",
        "sight",
        Severity.TICKET,
        "a part of the line is silent",
        "; ".join(unseen),
        "looks, a router and a log that answer for themselves",
        f"{now:%Y-%m-%d %H:%M}",
        "promotions; silence says nothing",
    )
    return [cause]


def _loop(facts: WatchFacts, _now: datetime, _policy: WatchPolicy) -> Iterator[Cause]:
    """A model that feeds on its own clicks; an off-policy value triages and is no alert."""
    loop = facts.loop
    if loop is not None and not loop.is_quiet:
        yield Cause(
            "feedback-loop",
            "loop",
            Severity.TICKET,
            "the model feeds on its own clicks",
            loop.verdict.reason,
            "nothing that explored clicks could add to its ranking",
            loop.measured.weeks[-1].week,
            "a retrain on the model's own lists alone",
        )


OF_FACTS: dict[str, Reading] = {"reports": _reports, "promises": _promises, "loop": _loop}
"""Sources that read what the watch wrote, and nothing else."""
