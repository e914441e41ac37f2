"""The suites of a line that ranks, generated from its declaration."""

from collections.abc import Iterator

from slipway.domain.line import Line, OutcomeKind
from slipway.domain.release import Arm
from slipway.validation import suite_parts
from slipway.validation.sentences import Item, between, follow, known, parameter, say

PLACE_SHARE = 0.05
"""Share of lists in which an honest column may count the items by chance."""
_KEYS = ["request_id", "item"]


def suites(line: Line) -> dict[str, str]:
    """The text of each suite of the line, by its kind."""
    return suite_parts.texts(
        line,
        exposures=("What was shown to whom, as served.", _exposures(line)),
        outcomes=("What came of what was shown.", _outcomes(line)),
        training=_training(line),
        proofs=suite_parts.proofs(line),
    )


def _exposures(line: Line) -> Iterator[Item]:
    yield say("table_to_have_rows", "at least one item was shown", min_value=1)
    for name in ("request_id", "user", "item", "propensity", "score"):
        yield known(name, 1, f"every row has its {name}", [])
    yield say("rows_to_be_unique", "an item is in a list once", columns=_KEYS)
    yield say(
        "rows_to_be_unique", "a place in a list is given once", columns=["request_id", "position"]
    )
    arms = sorted(arm.value for arm in Arm)
    yield say("values_to_be_in_set", "an arm answered", column="arm", value_set=arms, shown=_KEYS)
    yield _between("position", 1, 1000, "places count from 1")
    yield _between("propensity", 0, 1, "a propensity is a probability above 0", strict_min=True)
    yield _between("latency_ms", 0, None, "a latency is not negative (ms)")
    yield from suite_parts.as_of_checks(line, _KEYS)
    yield _follow("requested_at", "arrived_at", "a row arrives no earlier than it was asked for")
    yield from suite_parts.feature_checks(line, _KEYS)


def _outcomes(line: Line) -> Iterator[Item]:
    yield say("table_to_have_rows", "at least one outcome arrived", min_value=1)
    for name in ("request_id", "item", "value"):
        yield known(name, 1, f"every outcome has its {name}", [])
    events = [outcome.event for outcome in line.outcomes]
    yield say(
        "values_to_be_in_set",
        f"outcomes are {', '.join(events)}",
        column="kind",
        value_set=events,
        shown=_KEYS,
    )
    if all(outcome.kind is OutcomeKind.BINARY for outcome in line.outcomes):
        yield _between("value", 0, 1, "the value of an outcome is 0 to 1")
    elif all(outcome.kind is not OutcomeKind.CONTINUOUS for outcome in line.outcomes):
        yield _between("value", 0, None, "the value of an outcome is 0 or more")
    sentence = "an outcome arrives after it happened, but for clocks of visitors that are wrong"
    yield _follow("happened_at", "arrived_at", sentence, mostly=suite_parts.MOSTLY)


def _training(line: Line) -> Iterator[Item]:
    yield from suite_parts.rows_and_inputs()
    yield say(
        "no_input_to_be_the_place_in_the_list",
        "no model input is the place in the list under another name",
        columns=parameter("inputs"),
        list_column="request_id",
        max_share=PLACE_SHARE,
    )
    yield from suite_parts.as_of_checks(line, _KEYS)
    yield from suite_parts.split_checks(line, ("user", "item"))
    yield say("rows_to_be_unique", "an item is in a list once", columns=_KEYS)
    yield from _label(line)
    yield from suite_parts.feature_checks(line, _KEYS)


def _label(line: Line) -> Iterator[Item]:
    label = line.label
    yield suite_parts.settled(label, _KEYS)
    if line.primary.kind is not OutcomeKind.BINARY:
        yield _between(label.name, label.lower, label.upper, f"{label.name} is in its range")
        return
    yield suite_parts.zero_or_one(label, _KEYS)
    yield known(label.name, label.known, f"{label.name} is known in every row", _KEYS)
    yield suite_parts.plausible_rate(label)


def _between(
    name: str, low: float | None, high: float | None, sentence: str, **more: object
) -> Item:
    return between(name, low, high, sentence, **more, shown=_KEYS)


def _follow(earlier: str, later: str, sentence: str, **more: object) -> Item:
    return follow(earlier, later, sentence, **more, shown=_KEYS)
