"""Every malformed body is refused with one line that names the word."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from slipway.domain.errors import BadInput
from slipway.domain.line import Outcome
from slipway.examples.films.line import LINE
from slipway.serving import requests
from slipway.serving.requests import check_context, parse_rank, ranges_of


def parse_outcomes(body, now=None, line=LINE):
    """A batch of the line's own outcomes."""
    return requests.parse_outcomes(body, ranges_of(line), now)


GOOD = {"user": "ann", "context": {"age_band": 1}, "items": ["a", "b"]}
CLICK = {
    "request_id": "r",
    "item": "a",
    "kind": "click",
    "value": 1,
    "happened_at": "2026-01-05T06:00:00+00:00",
}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"\xff\xfe", "body"),
        (b"[]", "body"),
        (b"NaN", "body"),
        (b'{"user": NaN, "items": ["a"]}', "body"),
        (b'{"user": "\\ud800", "items": ["a"]}', "body"),
        (b"[" * 5000, "body"),
        (json.dumps({"items": ["a"]}).encode(), "body.user"),
        (json.dumps({"user": "ann"}).encode(), "body.items"),
        (json.dumps(GOOD | {"use": 1}).encode(), "body"),
        *(
            (json.dumps(GOOD | change).encode(), word)
            for change, word in [
                ({"user": 7}, "user"),
                ({"user": ""}, "user"),
                ({"user": None}, "user"),
                ({"user": "x" * 201}, "user"),
                ({"context": [1]}, "context"),
                ({"context": "x"}, "context"),
                ({"items": "ab"}, "items"),
                ({"items": []}, "items"),
                ({"items": None}, "items"),
                ({"items": [1]}, "items"),
                ({"items": [["a"]]}, "items"),
                ({"items": [""]}, "items"),
                ({"items": ["a", "a"]}, "items"),
                ({"items": [str(n) for n in range(501)]}, "items"),
            ]
        ),
    ],
)
def test_a_malformed_ranking_request_is_one_clear_line(body, word):
    """The error names the word, in one line of readable length, whatever was sent."""
    with pytest.raises(BadInput) as caught:
        parse_rank(body)
    assert caught.value.what == word
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"value": True}, "value"),
        ({"value": "1"}, "value"),
        ({"value": None}, "value"),
        ({"value": 1e308}, "value"),
        ({"value": -0.1}, "value"),
        ({"value": 10**18}, "value"),
        ({"kind": "like"}, "kind"),
        ({"kind": ["click"]}, "kind"),
        ({"item": 3}, "item"),
        ({"request_id": ""}, "request_id"),
        ({"delivery_id": ""}, "delivery_id"),
        ({"delivery_id": 7}, "delivery_id"),
        ({"delivery_id": "d" * 201}, "delivery_id"),
        ({"happened_at": 5}, "happened_at"),
        ({"happened_at": "yesterday"}, "happened_at"),
        ({"happened_at": "2026-01-05T06:00:00"}, "happened_at"),
        ({"happened_at": "9999-12-31T23:59:59-14:00"}, "happened_at"),
        ({"happened_at": "0001-01-01T00:00:00+14:00"}, "happened_at"),
    ],
)
def test_a_malformed_outcome_is_one_clear_line(change, word):
    """The error names the outcome's place in the batch and the word."""
    body = json.dumps({"outcomes": [CLICK, CLICK | change]}).encode()
    with pytest.raises(BadInput) as caught:
        parse_outcomes(body)
    assert caught.value.what == f"outcomes[1].{word}"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "outcomes",
    [None, {}, "x", [], [1], [None], [{}], [CLICK | {"more": 1}], [CLICK] * 1001],
)
def test_a_batch_that_is_no_batch_is_refused(outcomes):
    """Empty, oversized, unknown words or another shape: the whole batch is refused."""
    with pytest.raises(BadInput):
        parse_outcomes(json.dumps({"outcomes": outcomes}).encode())


def test_a_delivery_id_is_taken_where_there_is_one():
    """Up to 200 characters as they were sent; none, or null, is none."""
    ids = [{"delivery_id": "é" * 200}, {"delivery_id": None}, {}]
    found = parse_outcomes(json.dumps({"outcomes": [CLICK | each for each in ids]}).encode())
    assert [outcome.delivery_id for outcome in found] == ["é" * 200, None, None]


def test_infinite_values_are_refused():
    """1e400 is infinity to a JSON parser; it never reaches the log."""
    body = json.dumps({"outcomes": [CLICK]}).replace(": 1,", ": 1e400,").encode()
    with pytest.raises(BadInput):
        parse_outcomes(body)


@pytest.mark.parametrize("depth", [3, 200, 900, 1020, 5000, 200_000])
@pytest.mark.parametrize("word", ["user", "items", "more"])
def test_json_of_any_depth_is_refused_in_one_line(depth, word):
    """What is nested deeper than Python's own stack is a bad request like any other."""
    for left, right in (("[", "]"), ('{"a":', "}")):
        deep = left * depth + "1" + right * depth
        for body in (
            json.dumps(GOOD | {word: "DEEP"}),
            json.dumps({"outcomes": [CLICK | {word: "DEEP"}]}),
        ):
            for parse in (parse_rank, parse_outcomes):
                with pytest.raises(BadInput) as caught:
                    parse(body.replace('"DEEP"', deep).encode())
                assert len(str(caught.value)) < 300


def test_what_has_not_happened_yet_is_refused():
    """A caller's clock may be wrong by hours; one that is wrong by years is told so."""
    now = datetime(2026, 1, 5, 6, tzinfo=UTC)
    soon, never = (
        json.dumps({"outcomes": [CLICK | {"happened_at": at}]}).encode()
        for at in ("2026-01-06T05:00:00+00:00", "8999-01-01T00:00:00+00:00")
    )
    assert len(parse_outcomes(soon, now)) == 1
    with pytest.raises(BadInput, match="clock"):
        parse_outcomes(never, now)


def test_context_words_are_known():
    """A misspelt context word is refused, not silently missing."""
    check_context({"age_band": 1}, ["age_band"])
    with pytest.raises(BadInput, match="age_bnd"):
        check_context({"age_bnd": 1}, ["age_band"])


def test_good_requests_pass_unchanged():
    """What fits is read as it was sent; the context may be left out."""
    ask = parse_rank(json.dumps(GOOD).encode())
    assert (ask.user, ask.context, ask.items) == ("ann", {"age_band": 1}, ["a", "b"])
    assert parse_rank(b'{"user": "ann", "items": ["a"]}').context == {}
    assert parse_outcomes(json.dumps({"outcomes": [CLICK] * 2}).encode())[1].value == 1.0


def test_outcomes_are_those_that_the_line_declares():
    """An amount may be any that is not negative, and an event that is not declared is refused by name."""
    outcomes = (Outcome("clicked", event="click", primary=True), Outcome("minutes", "amount"))
    line = replace(LINE, outcomes=outcomes)
    read = {**CLICK, "kind": "minutes", "value": 12.5}
    body = json.dumps({"outcomes": [CLICK, read]}).encode()
    assert [one.value for one in parse_outcomes(body, line=line)] == [1.0, 12.5]
    with pytest.raises(BadInput, match="must be one of click"):
        parse_outcomes(body)
    negative = json.dumps({"outcomes": [{**read, "value": -1}]}).encode()
    with pytest.raises(BadInput, match="a finite number from 0"):
        parse_outcomes(negative, line=line)
