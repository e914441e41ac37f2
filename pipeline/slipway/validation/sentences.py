"""The words suites are written in: one expectation, one sentence that says what it means."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from slipway.domain.json_value import Json
from slipway.validation.suite import PARAMETER

Item = dict[str, Any]


def say(kind: str, sentence: str, /, **arguments: Json) -> Item:
    """The expectation ``expect_<kind>`` with the sentence a reviewer reads."""
    return {"type": f"expect_{kind}", "description": sentence, "kwargs": arguments}


def parameter(name: str) -> Mapping[str, str]:
    """A value that the run fills in."""
    return {PARAMETER: name}


def known(name: str, mostly: float, sentence: str, shown: list[str]) -> Item:
    """A value stands in at least the share ``mostly`` of the rows."""
    return say("values_to_be_known", sentence, column=name, mostly=mostly, shown=shown)


def between(
    name: str, low: float | None, high: float | None, sentence: str, **more: object
) -> Item:
    """Values lie in the closed range; None is an open end."""
    ends = {"min_value": low, "max_value": high}
    given = {end: value for end, value in ends.items() if value is not None}
    return say("values_to_be_between", sentence, column=name, **given, **more)


def follow(earlier: str, later: str, sentence: str, **more: object) -> Item:
    """One time lies no later than the other."""
    return say("times_to_follow", sentence, earlier=earlier, later=later, **more)


def text(name: str, about: str, items: Iterator[Item]) -> str:
    """The suite's file: one expectation a paragraph, without ids, in the order given."""
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
