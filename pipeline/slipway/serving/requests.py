"""Request bodies, checked by hand: every way to be wrong gets one line that says what to change."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from reprlib import Repr
from typing import Any

import orjson

from slipway.domain.errors import BadInput
from slipway.domain.events import OutcomeEvent
from slipway.domain.json_value import Json
from slipway.domain.line import Line, OutcomeKind

MAX_ITEMS = 500
"""Items of one ranking request."""
MAX_OUTCOMES = 1000
"""Outcomes of one batch."""
MAX_WORD = 200
"""Characters of a user, item, request or delivery id."""
Ranges = Mapping[str, tuple[float, float]]
"""Events of outcomes, and the least and largest value of each: one beyond stops a week's training."""
CLOCK_SKEW = timedelta(days=1)
"""How far ahead of the router's clock an outcome may claim to have happened. What it claims decides
nothing (its arrival does), but many wrong ones are a broken caller, and it is answered so."""

_SHOWN = 80
_brief = Repr()
_brief.maxlevel, _brief.maxstring, _brief.maxother, _brief.maxlong = 3, _SHOWN, _SHOWN, _SHOWN
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_DELIVERY = ("delivery_id",)
_OUTCOME_WORDS = tuple(word for word in OutcomeEvent.__slots__ if word not in _DELIVERY)


@dataclass(frozen=True, slots=True)
class RankRequest:
    """A user asks for ``items`` in order; ``context`` is what the request itself knows."""

    user: str
    context: Mapping[str, Any]
    items: list[str]


def refuse(what: str, found: object, expected: str, next_step: str = "") -> BadInput:
    """The error for one wrong word, with a large, long or deep value cut short."""
    shown = found if isinstance(found, int | float | None) else _brief.repr(found)
    if isinstance(shown, str):
        shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
        shown = shown.strip("'\"")
    return BadInput(what, found=shown, expected=expected, next_step=next_step or f"correct {what}")


def parse_json(body: bytes) -> dict[str, Any]:
    """The JSON object in ``body``; NaN and infinities are no JSON. Raises BadInput."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise refuse("body", str(error), "JSON", "send a JSON object") from error
    if not isinstance(value, dict):
        raise refuse("body", type(value).__name__, "a JSON object")
    return value


def parse_rank(body: bytes) -> RankRequest:
    """Read ``{"user", "context", "items"}``; raises BadInput."""
    raw = parse_json(body)
    _words(raw, ("user", "items"), ("context",), "body")
    user = _word(raw["user"], "user")
    context = raw.get("context")
    if context is None:
        context = {}
    elif not isinstance(context, dict):
        raise refuse("context", context, "an object")
    items = raw["items"]
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_ITEMS:
        size = len(items) if isinstance(items, list) else items
        raise refuse("items", size, f"a list of 1 to {MAX_ITEMS} items")
    for item in items:
        if not isinstance(item, str) or not 0 < len(item) <= MAX_WORD:
            raise refuse("items", item, f"strings of 1 to {MAX_WORD} characters")
    if len(set(items)) != len(items):
        twice = next(item for place, item in enumerate(items) if item in items[:place])
        raise refuse("items", twice, "in the list once")
    return RankRequest(user, context, items)


def accepted(line: Line) -> tuple[str, ...]:
    """Columns that a request of the line may send in its context."""
    return tuple(column.name for column in line.context)


def check_context(context: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raise BadInput for a word that is not ``known``; values are checked where they are read."""
    for word in context:
        if word not in known:
            raise refuse("context", word, f"one of {', '.join(known)}")


def ranges_of(line: Line) -> Ranges:
    """The events that a line's outcomes are logged by, and their values."""
    lowest, highest = -sys.float_info.max, sys.float_info.max
    found = {}
    for outcome in line.outcomes:
        column = outcome.column
        binary = outcome.kind is OutcomeKind.BINARY
        low = lowest if column.lower is None else column.lower
        found[outcome.event] = (float(low), 1.0 if binary else highest)
    return found


def parse_outcomes(
    body: bytes, ranges: Ranges, now: datetime | None = None, item: str | None = None
) -> list[OutcomeEvent]:
    """Read ``{"outcomes": [...]}``; raises BadInput naming the place.

    ``ranges`` are the values of each kind that is taken; ``item`` stands where an outcome names none.

    An outcome with a ``delivery_id`` (1 to 200 characters, the same each time it is sent) counts once for
    its request, item and kind, else once for each time and value. ``now`` is the router's time: what happened long after it did not happen. Whether the item was
    shown is not known here: an outcome of another item is logged, and counts for nothing.
    """
    raw = parse_json(body)
    _words(raw, ("outcomes",), (), "body")
    outcomes = raw["outcomes"]
    if not isinstance(outcomes, list) or not 1 <= len(outcomes) <= MAX_OUTCOMES:
        size = len(outcomes) if isinstance(outcomes, list) else outcomes
        raise refuse("outcomes", size, f"a list of 1 to {MAX_OUTCOMES} outcomes")
    latest = now + CLOCK_SKEW if now else _LATEST
    return [
        _outcome(
            {"item": item, **each} if item and isinstance(each, dict) else each,
            f"outcomes[{place}]",
            ranges,
            latest,
        )
        for place, each in enumerate(outcomes)
    ]


def _outcome(raw: Json, where: str, ranges: Ranges, latest: datetime) -> OutcomeEvent:
    if not isinstance(raw, dict):
        raise refuse(where, raw, "an object")
    _words(raw, _OUTCOME_WORDS, _DELIVERY, where)
    delivery = raw.get("delivery_id")
    value = raw["value"]
    if not isinstance(raw["kind"], str) or raw["kind"] not in ranges:
        raise refuse(f"{where}.kind", raw["kind"], f"one of {', '.join(ranges)}")
    low, high = ranges[raw["kind"]]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        raise refuse(f"{where}.value", value, _range(low, high))
    return OutcomeEvent(
        request_id=_word(raw["request_id"], f"{where}.request_id"),
        item=_word(raw["item"], f"{where}.item"),
        kind=raw["kind"],
        value=float(value),
        happened_at=_time(raw["happened_at"], f"{where}.happened_at", latest),
        delivery_id=None if delivery is None else _word(delivery, f"{where}.delivery_id"),
    )


def _range(low: float, high: float) -> str:
    """The values of an outcome in words."""
    least = "" if low == -sys.float_info.max else f" from {low:g}"
    return (
        f"a finite number{least}" if high == sys.float_info.max else f"a number{least} to {high:g}"
    )


def _time(value: Json, what: str, latest: datetime) -> datetime:
    expected = "an ISO 8601 time with its zone, like 2026-01-05T06:00:00+00:00"
    if not isinstance(value, str):
        raise refuse(what, value, expected)
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise refuse(what, value, expected) from error
    if at.tzinfo is None or not _EARLIEST.year <= at.year <= _LATEST.year:
        raise refuse(what, value, expected)
    if at > latest:
        next_step = "correct the caller's clock"
        raise refuse(what, value, f"no later than {latest.isoformat()}", next_step)
    return at


def _word(value: Json, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_WORD:
        raise refuse(what, value, f"a string of 1 to {MAX_WORD} characters")
    return value


def _words(
    raw: Mapping[str, Any], required: tuple[str, ...], optional: tuple[str, ...], where: str
) -> None:
    for word in required:
        if word not in raw:
            raise refuse(f"{where}.{word}", None, "present")
    for word in raw:
        if word not in required and word not in optional:
            raise refuse(where, word, f"one of {', '.join((*required, *optional))}")
