"""Requests that nobody can mean, made from the schema of a line's requests by small and large faults."""

import json

import router_kit as kit
from hypothesis import strategies as st

LINES = {"ranking": "feed", "prediction": "bike"}
"""A line of each kind that has requests."""
CONTEXT = [column.name for column in kit.LINE.context]
WEATHER = {
    "season": "summer", "holiday": "no", "workingday": 1, "weather": "mist", "temperature": 0.6,
    "feels_like": 0.55, "humidity": 0.5, "windspeed": 0.2,
}  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
CLICK = {
    "request_id": "r-0", "item": kit.ITEMS[0], "kind": "click", "value": 1,
    "happened_at": "2026-01-05T06:00:00+00:00", "delivery_id": "d-0",
}  # fmt: skip
RENTALS = {
    "request_id": "r-0", "kind": "rentals", "value": 40.0,
    "happened_at": "2026-01-05T06:00:00+00:00", "delivery_id": "d-0",
}  # fmt: skip


def _nested(depth: int, left: str, inner: str) -> str:
    right = {"[": "]", '{"a":': "}", '[{"user":': "}]"}[left]
    return left * depth + inner + right * depth


texts = st.text(max_size=20) | st.sampled_from(
    [
        "",
        "\0",
        "x" * 300,
        "é" * 201,
        "null",
        "NaN",
        "../..",
        "2026-13-45T99:99:99Z",
        "r-" + "0" * 12,
    ]
)
numbers = (
    st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([1e308, -1e308, 5e-324, 2**53 + 1, -0.0])
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
raw_values = st.sampled_from(
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "-",
        "01",
        "1" * 5000,
        '"\\ud800"',
        '"\\u0000"',
        "tru",
        "",
    ]
)
deep_values = st.builds(
    _nested,
    st.sampled_from([5, 200, 900, 1000, 1023, 1024, 1025, 20_000]),
    st.sampled_from(["[", '{"a":', '[{"user":']),
    st.sampled_from(["1", '""', "[]", ""]),
)
_MARK = "\x00mark\x00"


@st.composite
def bodies(draw: st.DrawFn, line: str, verb: str) -> bytes:
    """A body of ``rank``, ``predict`` or ``outcomes`` with a fault in one or several places."""
    whole: dict = json.loads(json.dumps(_good(draw, line, verb)))
    marked = False
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(_places(whole)))
        where, key = place
        fault = draw(st.sampled_from(["value", "value", "text", "drop", "add"]))
        if fault == "drop":
            del where[key]
        elif fault == "add" and isinstance(where, dict):
            where[draw(texts)] = draw(values)
        else:
            where[key] = _MARK if fault == "text" else draw(values)
            marked |= fault == "text"
        if not _places(whole):
            break
    text = json.dumps(whole)
    if marked:
        text = text.replace(json.dumps(_MARK), draw(raw_values | deep_values))
    return _spoilt(draw, text.encode("utf-8", "surrogatepass"))


def _good(draw: st.DrawFn, line: str, verb: str) -> dict:
    if verb == "outcomes":
        one = CLICK if line == LINES["ranking"] else RENTALS
        return {"outcomes": [one] * draw(st.integers(1, 3))}
    if verb == "predict":
        row = {"user": "planner", "context": WEATHER}
        several = draw(st.integers(0, 3))
        return {"rows": [row] * several} if several else row
    context = {name: draw(st.integers(0, 2)) for name in CONTEXT}
    items = draw(st.lists(st.sampled_from(kit.ITEMS), min_size=1, max_size=5, unique=True))
    return {"user": "ann", "context": context, "items": items}


def _places(value: object) -> list:
    """Every place in a JSON value that can be put another value into."""
    found: list = []
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            found.append((value, key))
            found += _places(value[key])
    return found


def _spoilt(draw: st.DrawFn, body: bytes) -> bytes:
    """The bytes, now and then cut, changed, twice there, or of another encoding."""
    how = draw(st.integers(0, 11))
    place = draw(st.integers(0, len(body)))
    ways = {
        0: lambda: body[:place],
        1: lambda: body[:place] + draw(st.binary(min_size=1, max_size=4)) + body[place:],
        2: lambda: body + body,
        3: lambda: b"\xef\xbb\xbf" + body,
        4: lambda: body.decode("utf-8", "replace").encode("utf-16"),
        5: lambda: draw(st.binary(max_size=200)),
    }
    return ways.get(how, lambda: body)()


@st.composite
def posts(draw: st.DrawFn, line: str, verb: str) -> dict:
    """A request for ``verb`` as httpx takes it: mostly a bad body, now and then bad headers."""
    headers = {"content-type": "application/json"}
    if draw(st.integers(0, 9)) == 0:
        headers = draw(bad_headers)
    return {
        "method": "POST", "url": f"/v1/{line}/{verb}", "content": draw(bodies(line, verb)),
        "headers": headers,
    }  # fmt: skip


_words = st.text(
    st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=30
)
bad_headers = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(["text/plain", "", "application/json;", "a" * 300])
        | _words,
        "host": st.sampled_from(["", "evil.example", "[", "127.0.0.1:99999", "a@127.0.0.1"]),
        "origin": st.sampled_from(["null", "http://evil.example", "http://["]) | _words,
        "authorization": _words,
        "accept-encoding": _words,
        "x-more": st.just("x" * 20_000) | _words,
    },
).map(lambda found: {name: value.encode("latin-1") for name, value in found.items()})

_parts = st.sampled_from(
    [
        "v1",
        *LINES.values(),
        "rank",
        "predict",
        "outcomes",
        "state",
        "readyz",
        "healthz",
        "metrics",
        "%00",
        "%ff",
        "..",
        "",
        "é",
    ]
) | st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=12)
pages = st.fixed_dictionaries(
    {
        "method": st.sampled_from(METHODS),
        "url": st.lists(_parts, min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts)),
        "content": st.binary(max_size=50),
        "headers": bad_headers,
    }
)
KINDS = {
    **{f"{kind}/outcomes": posts(line, "outcomes") for kind, line in LINES.items()},
    "ranking/rank": posts(LINES["ranking"], "rank"),
    "prediction/predict": posts(LINES["prediction"], "predict"),
    "pages": pages,
}
"""Bad requests by kind of line and endpoint; ``pages`` are all others, those that are none among them."""
