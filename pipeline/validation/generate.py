"""The suites of a line, generated from its declaration: reviewed in git, never written by hand.

Each suite is a JSON file of one expectation a paragraph, without ids, in a fixed order: a change of
the line is a change of just the lines that say it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline.domain.leak import LeakKind
from pipeline.domain.line import Availability, Column, Kind, Line
from pipeline.domain.release import Arm
from pipeline.validation.suite import PARAMETER

MIN_TRAINING_ROWS = 500
RATE = (0.001, 0.9)
"""Plausible bounds of the mean of a label of 0 and 1."""
PLACE_SHARE = 0.05
"""Share of lists in which an honest column may count the items by chance."""
REPEATED_SHARE = 0.001
"""Share of tested rows that may stand among the trained ones, bit for bit: requests sent twice."""
MOSTLY = 0.99

_KEYS = ["request_id", "item"]
_Item = dict[str, Any]


def suites(line: Line) -> dict[str, str]:
    """The text of each suite of the line, by its kind."""
    return {
        "exposures": _text("exposures", "What was shown to whom, as served.", _exposures(line)),
        "outcomes": _text("outcomes", "What came of what was shown.", _outcomes()),
        "training": _text(
            "training",
            f"The frozen table a model of the line {line.name} is fitted on: nothing in it may be"
            " unknown at inference.",
            _training(line),
        ),
        "proofs": _text(
            "proofs",
            "What no single table can prove: served as trained, fitted on the past alone.",
            _proofs(line),
        ),
    }


def differences(line: Line, folder: Path) -> tuple[str, ...]:
    """Files below ``folder`` that say something else than the line; empty where all agree."""
    found = []
    for kind, text in suites(line).items():
        path = folder / line.name / f"{kind}.json"
        if not path.is_file():
            found.append(f"{path} is missing")
        elif path.read_text() != text:
            found.append(f"{path} {_first_difference(path.read_text(), text)}")
    return tuple(found)


def write(line: Line, folder: Path) -> tuple[Path, ...]:
    """Write the suites below ``folder``; returns the files that changed."""
    changed = []
    for kind, text in suites(line).items():
        path = folder / line.name / f"{kind}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
            changed.append(path)
    return tuple(changed)


def _first_difference(there: str, wanted: str) -> str:
    both = zip([*there.splitlines(), "nothing"], [*wanted.splitlines(), "nothing"], strict=False)
    for number, (old, new) in enumerate(both, start=1):
        if old != new:
            return f"line {number} says {old.strip()!r}, the line declares {new.strip()!r}"
    return "is longer than what the line declares"


def _text(name: str, about: str, items: Iterator[_Item]) -> str:
    body = ",\n".join(
        "    {\n"
        f'      "type": {json.dumps(item["type"])},\n'
        f'      "description": {json.dumps(item["description"], ensure_ascii=False)},\n'
        f'      "kwargs": {json.dumps(item["kwargs"])}\n'
        "    }"
        for item in items
    )
    return (
        f'{{\n  "name": {json.dumps(name)},\n  "meta": {{"about": {json.dumps(about)}}},\n'
        f'  "expectations": [\n{body}\n  ]\n}}\n'
    )


def _say(kind: str, sentence: str, /, **arguments: Any) -> _Item:  # noqa: ANN401 - JSON
    return {"type": f"expect_{kind}", "description": sentence, "kwargs": arguments}


def _parameter(name: str) -> Mapping[str, str]:
    return {PARAMETER: name}


def _exposures(line: Line) -> Iterator[_Item]:
    yield _say("table_to_have_rows", "at least one item was shown", min_value=1)
    for name in ("request_id", "user", "item", "propensity", "score"):
        yield _known(name, 1, f"every row has its {name}", [])
    yield _say("rows_to_be_unique", "an item is in a list once", columns=_KEYS)
    yield _say(
        "rows_to_be_unique", "a place in a list is given once", columns=["request_id", "position"]
    )
    arms = sorted(arm.value for arm in Arm)
    yield _say("values_to_be_in_set", "an arm answered", column="arm", value_set=arms, shown=_KEYS)
    yield _between("position", 1, 1000, "places count from 1")
    yield _between("propensity", 0, 1, "a propensity is a probability above 0", strict_min=True)
    yield _between("latency_ms", 0, None, "a latency is not negative (ms)")
    yield from _as_of(line)
    yield _before("requested_at", "arrived_at", "a row arrives no earlier than it was asked for")
    for column in line.features:
        yield from _feature(column)


def _outcomes() -> Iterator[_Item]:
    yield _say("table_to_have_rows", "at least one outcome arrived", min_value=1)
    for name in ("request_id", "item", "value"):
        yield _known(name, 1, f"every outcome has its {name}", [])
    yield _say(
        "values_to_be_in_set", "outcomes are clicks", column="kind", value_set=["click"],
        shown=_KEYS,
    )  # fmt: skip
    yield _between("value", 0, 1, "a click's value is 0 to 1")
    sentence = "an outcome arrives after it happened, but for clocks of visitors that are wrong"
    yield _before("happened_at", "arrived_at", sentence, mostly=MOSTLY)


def _training(line: Line) -> Iterator[_Item]:
    yield _say(
        "table_to_have_rows", f"the table has at least {MIN_TRAINING_ROWS} rows",
        min_value=MIN_TRAINING_ROWS,
    )  # fmt: skip
    yield _say(
        "model_inputs_to_be_available_at_inference", "every model input is available at inference",
        inputs=_parameter("inputs"), availability=_parameter("availability"),
    )  # fmt: skip
    yield _say(
        "no_input_to_be_the_place_in_the_list",
        "no model input is the place in the list under another name",
        columns=_parameter("inputs"), list_column="request_id", max_share=PLACE_SHARE,
    )  # fmt: skip
    yield from _as_of(line)
    yield from _splits(line)
    yield _say("rows_to_be_unique", "an item is in a list once", columns=_KEYS)
    yield from _label(line)
    for column in line.features:
        yield from _feature(column)


def _proofs(line: Line) -> Iterator[_Item]:
    said = {
        LeakKind.ABSENT: "every input is sent or logged with each request, and the router takes it",
        LeakKind.SKEW: "features as served are what a rebuild from the log gives, bit for bit",
        LeakKind.LOOK_AHEAD: "features are counted from nothing but what had arrived before",
        LeakKind.FITTED: "nothing that is fitted changes with the rows it is tested on",
    }
    counted = any(c.available == Availability.AS_OF for c in line.features)
    for kind, sentence in said.items():
        if counted or kind is not LeakKind.LOOK_AHEAD:
            yield _say("proof_to_hold", sentence, kind=kind.value)


def _splits(line: Line) -> Iterator[_Item]:
    split = {"split_column": "split"}
    yield _say(
        "splits_to_follow_in_time", "the held-out week comes after the training weeks",
        **split, time_column="requested_at", order=["train", "holdout"],
    )  # fmt: skip
    for group in line.apart:
        sentence = f"no {group} is both trained on and tested on"
        yield _say("groups_to_stay_apart", sentence, group=group, **split)
    yield _say(
        "rows_not_to_repeat_across_splits", "rows tested on are not rows trained on",
        columns=["user", "item", *(c.name for c in line.features)], **split,
        max_share=REPEATED_SHARE,
    )  # fmt: skip


def _label(line: Line) -> Iterator[_Item]:
    label = line.label
    yield _say(
        "labels_to_have_matured",
        f"{label.name} is settled: every outcome had {_span(label.lag)} before the cut",
        time="requested_at", seconds=label.lag.total_seconds(), cut=_parameter("cut"),
        shown=_KEYS,
    )  # fmt: skip
    yield _say(
        "values_to_be_in_set", f"{label.name} is 0 or 1", column=label.name, value_set=[0, 1],
        shown=_KEYS,
    )  # fmt: skip
    yield _known(label.name, label.known, f"{label.name} is known in every row", _KEYS)
    low, high = RATE
    yield _say(
        "mean_to_be_between", f"{low:.1%} to {high:.0%} of the rows have {label.name} = 1",
        column=label.name, min_value=low, max_value=high,
    )  # fmt: skip


def _as_of(line: Line) -> Iterator[_Item]:
    """What is computed from the log was known before the request, and is not stale."""
    counted = [c for c in line.features if c.available == Availability.AS_OF]
    if not counted:
        return
    names = ", ".join(c.name for c in counted)
    sentence = f"{names}: as of a time no later than the request"
    yield _before("features_as_of", "requested_at", sentence)
    lag = min(c.lag for c in counted)
    yield _say(
        "column_to_be_recent", f"features are no older than {_span(lag)} in nearly every row",
        earlier="features_as_of", later="requested_at", seconds=lag.total_seconds(), mostly=MOSTLY,
        shown=_KEYS,
    )  # fmt: skip


def _feature(column: Column) -> Iterator[_Item]:
    if column.known:
        share = "every row" if column.known == 1 else f"at least {column.known:.0%} of the rows"
        yield _known(column.name, column.known, f"{column.name} is known in {share}", _KEYS)
    if column.lower is not None or column.upper is not None:
        code = " (a code)" if column.kind is Kind.CATEGORY else ""
        words = f"{column.name} is {_range(column.lower, column.upper)} where it is known{code}"
        yield _between(column.name, column.lower, column.upper, words)


def _known(name: str, mostly: float, sentence: str, shown: list[str]) -> _Item:
    return _say("values_to_be_known", sentence, column=name, mostly=mostly, shown=shown)


def _between(
    name: str, low: float | None, high: float | None, sentence: str, **more: object
) -> _Item:
    ends = {"min_value": low, "max_value": high}
    given = {end: value for end, value in ends.items() if value is not None}
    return _say("values_to_be_between", sentence, column=name, **given, **more, shown=_KEYS)


def _before(earlier: str, later: str, sentence: str, **more: object) -> _Item:
    return _say(
        "column_to_be_known_before", sentence, earlier=earlier, later=later, **more, shown=_KEYS
    )


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"{low:g} to {high:g}" if high is not None else f"{low:g} or more"


def _span(of: timedelta) -> str:
    """A time span in words.

    >>> _span(timedelta(days=2)), _span(timedelta(hours=6))
    ('2 days', '6 hours')
    """
    days = of / timedelta(days=1)
    return f"{days:g} days" if days > 1 else f"{of / timedelta(hours=1):g} hours"
