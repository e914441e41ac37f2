"""What the generated suites of lines have in common, whatever these answer."""

from collections.abc import Iterator
from datetime import timedelta

from slipway.domain.in_words import counted
from slipway.domain.leak import LeakKind
from slipway.domain.line import Column, DType, Line, Supplied, Suspicion
from slipway.validation.sentences import Item, between, known, parameter, say, text

MIN_TRAINING_ROWS = 500
RATE = (0.001, 0.9)
"""Plausible bounds of the mean of a label of 0 and 1."""
REPEATED_SHARE = 0.001
"""Share of tested rows that may stand among the trained ones, bit for bit: requests sent twice."""
MOSTLY = 0.99


def texts(
    line: Line,
    *,
    exposures: tuple[str, Iterator[Item]],
    outcomes: tuple[str, Iterator[Item]],
    training: Iterator[Item],
    proofs: Iterator[Item],
) -> dict[str, str]:
    """The text of each suite of the line, by its kind; of logs with what they hold in words."""
    return {
        "exposures": text("exposures", *exposures),
        "outcomes": text("outcomes", *outcomes),
        "training": text(
            "training",
            f"The frozen table a model of the line {line.name} is fitted on: nothing in it may be"
            " unknown at inference.",
            training,
        ),
        "proofs": text(
            "proofs",
            "What no single table can prove: served as trained, fitted on the past alone.",
            proofs,
        ),
    }


def rows_and_inputs() -> Iterator[Item]:
    """There is enough to train on, and nothing that inference does not know."""
    yield say(
        "table_to_have_rows",
        f"the table has at least {MIN_TRAINING_ROWS} rows",
        min_value=MIN_TRAINING_ROWS,
    )
    yield say(
        "model_inputs_to_be_available_at_inference",
        "every model input is available at inference",
        inputs=parameter("inputs"),
        availability=parameter("availability"),
    )


def settled(label: Column, keys: list[str]) -> Item:
    """Every outcome had its time before the cut."""
    return say(
        "labels_to_have_matured",
        f"{label.name} is settled: every outcome had {span_in_words(label.lag)} before the cut",
        time="requested_at",
        seconds=label.lag.total_seconds(),
        cut=parameter("cut"),
        shown=keys,
    )


def zero_or_one(label: Column, keys: list[str]) -> Item:
    """A label of two values."""
    return say(
        "values_to_be_in_set",
        f"{label.name} is 0 or 1",
        column=label.name,
        value_set=[0, 1],
        shown=keys,
    )


def plausible_rate(label: Column) -> Item:
    """Neither nobody nor everybody did it."""
    low, high = RATE
    return say(
        "mean_to_be_between",
        f"{low:.1%} to {high:.0%} of the rows have {label.name} = 1",
        column=label.name,
        min_value=low,
        max_value=high,
    )


PROOFS = {
    LeakKind.ABSENT: "every input is sent or logged with each request, and the router takes it",
    LeakKind.SKEW: "features as served are what a rebuild from the log gives, bit for bit",
    LeakKind.LOOK_AHEAD: "features are counted from nothing but what had arrived before",
    LeakKind.FITTED: "nothing that is fitted changes with the rows it is tested on",
}
"""What no single table can prove, in words."""


def proofs(line: Line) -> Iterator[Item]:
    """What no table proves alone; of inputs that know the outcome where the line stops for them."""
    sentences = dict(PROOFS)
    if not line.counted:
        del sentences[LeakKind.LOOK_AHEAD]
    if line.waiver:
        sentences[LeakKind.LATER] = f"what was known when is NOT PROVABLE; waived: {line.waiver}"
    if line.suspicion is Suspicion.STOP:
        sentences[LeakKind.PROXY] = "no input plainly knows the outcome"
    for kind, sentence in sentences.items():
        yield say("proof_to_hold", sentence, kind=kind.value)


def split_checks(line: Line, keys: tuple[str, ...]) -> Iterator[Item]:
    """The held-out rows come after the trained ones, and none of them is one of those.

    ``keys`` tell two rows of equal features apart; without any, equal rows are no repetition.
    """
    split = {"split_column": "split"}
    yield say(
        "splits_to_follow_in_time",
        "the held-out week comes after the training weeks",
        **split,
        time_column="requested_at",
        order=["train", "holdout"],
    )
    for group in line.split_groups:
        sentence = f"no {group} is both trained on and tested on"
        yield say("groups_to_stay_apart", sentence, group=group, **split)
    if not keys:
        return
    yield say(
        "rows_not_to_repeat_across_splits",
        "rows tested on are not rows trained on",
        columns=[*keys, *(c.name for c in line.features)],
        **split,
        max_share=REPEATED_SHARE,
    )


def as_of_checks(line: Line, keys: list[str]) -> Iterator[Item]:
    """What is computed from the log was known before the request, and is not stale."""
    for column in line.columns:
        if isinstance(column.origin, Supplied):
            yield from _supplied(column, keys)
    if not line.counted:
        return
    names = ", ".join(c.name for c in line.counted)
    sentence = f"{names}: as of a time no later than the request"
    yield say(
        "column_to_be_known_before",
        sentence,
        earlier="features_as_of",
        later="requested_at",
        shown=keys,
    )
    lag = min(c.lag for c in line.counted)
    yield say(
        "column_to_be_recent",
        f"features are no older than {span_in_words(lag)} in nearly every row",
        earlier="features_as_of",
        later="requested_at",
        seconds=lag.total_seconds(),
        mostly=MOSTLY,
        shown=keys,
    )


def _supplied(column: Column, keys: list[str]) -> Iterator[Item]:
    """What a feature store gave was known before the request, and is not stale.

    What it did not give is missing, or the default, and has no time.
    """
    stamp, lag = f"{column.name}_as_of", column.lag
    given: dict[str, object] = {"column": column.name}
    if column.default is not None:
        given["default"] = column.default
    yield say(
        "column_to_be_known_before",
        f"{column.name}: as of a time no later than the request",
        earlier=stamp,
        later="requested_at",
        **given,
        shown=keys,
    )
    yield say(
        "column_to_be_recent",
        f"{column.name} is no older than {span_in_words(lag)} in nearly every row",
        earlier=stamp,
        later="requested_at",
        seconds=lag.total_seconds(),
        mostly=MOSTLY,
        **given,
        shown=keys,
    )


def feature_checks(line: Line, keys: list[str]) -> Iterator[Item]:
    """What each feature must meet; ``keys`` name the rows that do not."""
    for column in line.features:
        yield from _feature(column, keys)


def _feature(column: Column, keys: list[str]) -> Iterator[Item]:
    if column.known:
        share = "every row" if column.known == 1 else f"at least {column.known:.0%} of the rows"
        yield known(column.name, column.known, f"{column.name} is known in {share}", keys)
    if column.words and column.dtype is DType.CATEGORY:
        yield say(
            "values_to_be_in_set",
            f"{column.name} is one of its words",
            column=column.name,
            value_set=list(column.words),
            shown=keys,
        )
    if column.lower is not None or column.upper is not None:
        code = " (a code)" if column.dtype is DType.CODE else ""
        words = f"{column.name} is {_range(column.lower, column.upper)} where it is known{code}"
        yield between(column.name, column.lower, column.upper, words, shown=keys)


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
