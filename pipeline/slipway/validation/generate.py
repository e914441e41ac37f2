"""The suites of a line that ranks, generated from its declaration."""

from collections.abc import Iterator
from datetime import timedelta

from slipway.domain.in_words import counted
from slipway.domain.leak import LeakKind
from slipway.domain.line import Availability, Column, DType, Line, OutcomeKind, Supplied, Suspicion
from slipway.domain.release import Arm
from slipway.validation.sentences import Item, between, follow, known, parameter, say, text

MIN_TRAINING_ROWS = 500
RATE = (0.001, 0.9)
"""Plausible bounds of the mean of a label of 0 and 1."""
PLACE_SHARE = 0.05
"""Share of lists in which an honest column may count the items by chance."""
REPEATED_SHARE = 0.001
"""Share of tested rows that may stand among the trained ones, bit for bit: requests sent twice."""
MOSTLY = 0.99

_KEYS = ["request_id", "item"]


def suites(line: Line) -> dict[str, str]:
    """The text of each suite of the line, by its kind."""
    return {
        "exposures": text("exposures", "What was shown to whom, as served.", _exposures(line)),
        "outcomes": text("outcomes", "What came of what was shown.", _outcomes(line)),
        "training": text(
            "training",
            f"The frozen table a model of the line {line.name} is fitted on: nothing in it may be"
            " unknown at inference.",
            _training(line),
        ),
        "proofs": text(
            "proofs",
            "What no single table can prove: served as trained, fitted on the past alone.",
            _proofs(line),
        ),
    }


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
    yield from _as_of(line)
    yield _follow("requested_at", "arrived_at", "a row arrives no earlier than it was asked for")
    yield from feature_checks(line)


def _outcomes(line: Line) -> Iterator[Item]:
    yield say("table_to_have_rows", "at least one outcome arrived", min_value=1)
    for name in ("request_id", "item", "value"):
        yield known(name, 1, f"every outcome has its {name}", [])
    events = [outcome.event for outcome in line.outcomes]
    yield say(
        "values_to_be_in_set", f"outcomes are {', '.join(events)}", column="kind",
        value_set=events, shown=_KEYS,
    )  # fmt: skip
    if all(outcome.kind is OutcomeKind.BINARY for outcome in line.outcomes):
        yield _between("value", 0, 1, "the value of an outcome is 0 to 1")
    elif all(outcome.kind is not OutcomeKind.CONTINUOUS for outcome in line.outcomes):
        yield _between("value", 0, None, "the value of an outcome is 0 or more")
    sentence = "an outcome arrives after it happened, but for clocks of visitors that are wrong"
    yield _follow("happened_at", "arrived_at", sentence, mostly=MOSTLY)


def _training(line: Line) -> Iterator[Item]:
    yield say(
        "table_to_have_rows", f"the table has at least {MIN_TRAINING_ROWS} rows",
        min_value=MIN_TRAINING_ROWS,
    )  # fmt: skip
    yield say(
        "model_inputs_to_be_available_at_inference", "every model input is available at inference",
        inputs=parameter("inputs"), availability=parameter("availability"),
    )  # fmt: skip
    yield say(
        "no_input_to_be_the_place_in_the_list",
        "no model input is the place in the list under another name",
        columns=parameter("inputs"), list_column="request_id", max_share=PLACE_SHARE,
    )  # fmt: skip
    yield from _as_of(line)
    yield from split_checks(line)
    yield say("rows_to_be_unique", "an item is in a list once", columns=_KEYS)
    yield from _label(line)
    yield from feature_checks(line)


def _proofs(line: Line) -> Iterator[Item]:
    said = {
        LeakKind.ABSENT: "every input is sent or logged with each request, and the router takes it",
        LeakKind.SKEW: "features as served are what a rebuild from the log gives, bit for bit",
        LeakKind.LOOK_AHEAD: "features are counted from nothing but what had arrived before",
        LeakKind.FITTED: "nothing that is fitted changes with the rows it is tested on",
    }
    if line.suspicion is Suspicion.STOP:
        said[LeakKind.PROXY] = "no input plainly knows the outcome"
    counted = any(c.available == Availability.AS_OF for c in line.features)
    for kind, sentence in said.items():
        if counted or kind is not LeakKind.LOOK_AHEAD:
            yield say("proof_to_hold", sentence, kind=kind.value)


def split_checks(line: Line, keys: tuple[str, ...] = ("user", "item")) -> Iterator[Item]:
    """The held-out rows come after the trained ones, and none of them is one of those.

    ``keys`` tell two rows of equal features apart; without any, equal rows are no repetition.
    """
    split = {"split_column": "split"}
    yield say(
        "splits_to_follow_in_time", "the held-out week comes after the training weeks",
        **split, time_column="requested_at", order=["train", "holdout"],
    )  # fmt: skip
    for group in line.split_groups:
        sentence = f"no {group} is both trained on and tested on"
        yield say("groups_to_stay_apart", sentence, group=group, **split)
    if not keys:
        return
    yield say(
        "rows_not_to_repeat_across_splits", "rows tested on are not rows trained on",
        columns=[*keys, *(c.name for c in line.features)], **split,
        max_share=REPEATED_SHARE,
    )  # fmt: skip


def _label(line: Line) -> Iterator[Item]:
    label = line.label
    yield say(
        "labels_to_have_matured",
        f"{label.name} is settled: every outcome had {span_in_words(label.lag)} before the cut",
        time="requested_at", seconds=label.lag.total_seconds(), cut=parameter("cut"),
        shown=_KEYS,
    )  # fmt: skip
    if line.primary.kind is not OutcomeKind.BINARY:
        yield _between(label.name, label.lower, label.upper, f"{label.name} is in its range")
        return
    yield say(
        "values_to_be_in_set", f"{label.name} is 0 or 1", column=label.name, value_set=[0, 1],
        shown=_KEYS,
    )  # fmt: skip
    yield known(label.name, label.known, f"{label.name} is known in every row", _KEYS)
    low, high = RATE
    yield say(
        "mean_to_be_between", f"{low:.1%} to {high:.0%} of the rows have {label.name} = 1",
        column=label.name, min_value=low, max_value=high,
    )  # fmt: skip


def _as_of(line: Line) -> Iterator[Item]:
    """What is computed from the log was known before the request, and is not stale."""
    for column in line.columns:
        if isinstance(column.origin, Supplied):
            yield from _supplied(column)
    counted = [c for c in line.features if c.available == Availability.AS_OF and not c.is_sent]
    if not counted:
        return
    names = ", ".join(c.name for c in counted)
    sentence = f"{names}: as of a time no later than the request"
    yield say(
        "column_to_be_known_before", sentence,
        earlier="features_as_of", later="requested_at", shown=_KEYS,
    )  # fmt: skip
    lag = min(c.lag for c in counted)
    yield say(
        "column_to_be_recent", f"features are no older than {span_in_words(lag)} in nearly every row",
        earlier="features_as_of", later="requested_at", seconds=lag.total_seconds(), mostly=MOSTLY,
        shown=_KEYS,
    )  # fmt: skip


def _supplied(column: Column) -> Iterator[Item]:
    """What a feature store gave was known before the request, and is not stale."""
    stamp, lag = f"{column.name}_as_of", column.lag
    yield say(
        "column_to_be_known_before", f"{column.name}: as of a time no later than the request",
        earlier=stamp, later="requested_at", shown=_KEYS,
    )  # fmt: skip
    yield say(
        "column_to_be_recent", f"{column.name} is no older than {span_in_words(lag)} in nearly every row",
        earlier=stamp, later="requested_at", seconds=lag.total_seconds(), mostly=MOSTLY,
        shown=_KEYS,
    )  # fmt: skip


def feature_checks(line: Line, keys: list[str] = _KEYS) -> Iterator[Item]:
    """What each feature must meet; ``keys`` name the rows that do not."""
    for column in line.features:
        yield from _feature(column, keys)


def _feature(column: Column, keys: list[str]) -> Iterator[Item]:
    if column.known:
        share = "every row" if column.known == 1 else f"at least {column.known:.0%} of the rows"
        yield known(column.name, column.known, f"{column.name} is known in {share}", keys)
    if column.words and column.dtype is DType.CATEGORY:
        yield say(
            "values_to_be_in_set", f"{column.name} is one of its words", column=column.name,
            value_set=list(column.words), shown=keys,
        )  # fmt: skip
    if column.lower is not None or column.upper is not None:
        code = " (a code)" if column.dtype is DType.CODE else ""
        words = f"{column.name} is {_range(column.lower, column.upper)} where it is known{code}"
        yield between(column.name, column.lower, column.upper, words, shown=keys)


def _between(
    name: str, low: float | None, high: float | None, sentence: str, **more: object
) -> Item:
    return between(name, low, high, sentence, **more, shown=_KEYS)


def _follow(earlier: str, later: str, sentence: str, **more: object) -> Item:
    return follow(earlier, later, sentence, **more, shown=_KEYS)


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"{low:g} to {high:g}" if high is not None else f"{low:g} or more"


def span_in_words(of: timedelta) -> str:
    """A time span in words.

    >>> span_in_words(timedelta(days=2)), span_in_words(timedelta(hours=6))
    ('2 days', '6 hours')
    """
    days = of / timedelta(days=1)
    return counted(days, "day") if days > 1 else counted(of / timedelta(hours=1), "hour")
