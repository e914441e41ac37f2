"""The suites of a line that gives one answer a request, generated from its declaration."""

from collections.abc import Iterator

from slipway.domain.line import Line, OutcomeKind
from slipway.domain.release import Arm
from slipway.validation.generate import (
    MIN_TRAINING_ROWS,
    MOSTLY,
    RATE,
    as_of_checks,
    feature_checks,
    proof_checks,
    span_in_words,
    split_checks,
)
from slipway.validation.sentences import Item, between, follow, known, parameter, say, text

_KEYS = ["request_id"]


def suites(line: Line) -> dict[str, str]:
    """The text of each suite of the line, by its kind."""
    return {
        "exposures": text("exposures", "What was answered to whom, as served.", _answers(line)),
        "outcomes": text("outcomes", "What came of what was answered.", _outcomes(line)),
        "training": text(
            "training",
            f"The frozen table a model of the line {line.name} is fitted on: nothing in it may be"
            " unknown at inference.",
            _training(line),
        ),
        "proofs": text(
            "proofs",
            "What no single table can prove: served as trained, fitted on the past alone.",
            proof_checks(line),
        ),
    }


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
    yield from as_of_checks(line, _KEYS)
    yield from feature_checks(line, _KEYS)


def _outcomes(line: Line) -> Iterator[Item]:
    yield say("table_to_have_rows", "at least one outcome arrived", min_value=1)
    for name in ("request_id", "value"):
        yield known(name, 1, f"every outcome has its {name}", [])
    events = sorted(outcome.event for outcome in line.outcomes)
    yield say(
        "values_to_be_in_set", f"outcomes are {', '.join(events)}", column="kind",
        value_set=events, shown=_KEYS,
    )  # fmt: skip
    if all(outcome.kind is not OutcomeKind.CONTINUOUS for outcome in line.outcomes):
        yield between("value", 0, None, "what came is never negative", shown=_KEYS)
    yield follow(
        "happened_at", "arrived_at",
        "an outcome arrives after it happened, but for clocks that are wrong",
        mostly=MOSTLY, shown=_KEYS,
    )  # fmt: skip


def _training(line: Line) -> Iterator[Item]:
    label = line.label
    yield say(
        "table_to_have_rows", f"the table has at least {MIN_TRAINING_ROWS} rows",
        min_value=MIN_TRAINING_ROWS,
    )  # fmt: skip
    yield say(
        "model_inputs_to_be_available_at_inference", "every model input is available at inference",
        inputs=parameter("inputs"), availability=parameter("availability"),
    )  # fmt: skip
    yield from as_of_checks(line, _KEYS)
    yield from split_checks(line, ())
    yield say("rows_to_be_unique", "a request is answered once", columns=_KEYS)
    yield say(
        "labels_to_have_matured",
        f"{label.name} is settled: every outcome had {span_in_words(label.lag)} before the cut",
        time="requested_at", seconds=label.lag.total_seconds(), cut=parameter("cut"),
        shown=_KEYS,
    )  # fmt: skip
    yield known(label.name, 1, f"{label.name} is known in every row", _KEYS)
    if line.primary.kind is OutcomeKind.BINARY:
        yield say(
            "values_to_be_in_set", f"{label.name} is 0 or 1", column=label.name, value_set=[0, 1],
            shown=_KEYS,
        )  # fmt: skip
        low, high = RATE
        yield say(
            "mean_to_be_between", f"{low:.1%} to {high:.0%} of the rows have {label.name} = 1",
            column=label.name, min_value=low, max_value=high,
        )  # fmt: skip
    elif line.primary.kind is not OutcomeKind.CONTINUOUS:
        yield between(label.name, 0, line.primary.cap, f"{label.name} is not negative", shown=_KEYS)
    yield from feature_checks(line, _KEYS)
