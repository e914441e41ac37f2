"""The suites of a line that gives one answer a request, generated from its declaration."""

from collections.abc import Iterator

from slipway.domain.line import Line, OutcomeKind
from slipway.domain.release import Arm
from slipway.validation import suite_parts
from slipway.validation.sentences import Item, between, follow, known, say

_KEYS = ["request_id"]


def suites(line: Line) -> dict[str, str]:
    """The text of each suite of the line, by its kind."""
    return suite_parts.texts(
        line,
        exposures=("What was answered to whom, as served.", _answers(line)),
        outcomes=("What came of what was answered.", _outcomes(line)),
        training=_training(line),
        proofs=suite_parts.proofs(line),
    )


def _answers(line: Line) -> Iterator[Item]:
    yield say("table_to_have_rows", "at least one request was answered", min_value=1)
    for name in ("request_id", "user", "score"):
        yield known(name, 1, f"every row has its {name}", [])
    yield say("rows_to_be_unique", "a request is answered once", columns=_KEYS)
    arms = sorted(arm.value for arm in Arm)
    yield say("values_to_be_in_set", "an arm answered", column="arm", value_set=arms, shown=_KEYS)
    yield between("latency_ms", 0, None, "a latency is not negative (ms)", shown=_KEYS)
    yield follow(
        "requested_at", "arrived_at", "a row arrives no earlier than it was asked for", shown=_KEYS
    )
    yield from suite_parts.as_of_checks(line, _KEYS)
    yield from suite_parts.feature_checks(line, _KEYS)


def _outcomes(line: Line) -> Iterator[Item]:
    yield say("table_to_have_rows", "at least one outcome arrived", min_value=1)
    for name in ("request_id", "value"):
        yield known(name, 1, f"every outcome has its {name}", [])
    events = sorted(outcome.event for outcome in line.outcomes)
    yield say(
        "values_to_be_in_set",
        f"outcomes are {', '.join(events)}",
        column="kind",
        value_set=events,
        shown=_KEYS,
    )
    if all(outcome.kind is not OutcomeKind.CONTINUOUS for outcome in line.outcomes):
        yield between("value", 0, None, "what came is never negative", shown=_KEYS)
    yield follow(
        "happened_at",
        "arrived_at",
        "an outcome arrives after it happened, but for clocks that are wrong",
        mostly=suite_parts.MOSTLY,
        shown=_KEYS,
    )


def _training(line: Line) -> Iterator[Item]:
    label = line.label
    yield from suite_parts.rows_and_inputs()
    yield from suite_parts.as_of_checks(line, _KEYS)
    yield from suite_parts.split_checks(line, ())
    yield say("rows_to_be_unique", "a request is answered once", columns=_KEYS)
    yield suite_parts.settled(label, _KEYS)
    yield known(label.name, 1, f"{label.name} is known in every row", _KEYS)
    if line.primary.kind is OutcomeKind.BINARY:
        yield suite_parts.zero_or_one(label, _KEYS)
        yield suite_parts.plausible_rate(label)
    elif line.primary.kind is not OutcomeKind.CONTINUOUS:
        yield between(label.name, 0, line.primary.cap, f"{label.name} is not negative", shown=_KEYS)
    yield from suite_parts.feature_checks(line, _KEYS)
