"""Requests that nobody can mean, made from the schemas of lines by small and large faults, each of a seed."""

import json
import socket
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from random import Random
from typing import NamedTuple
from urllib.parse import quote

import router_kit as kit

LINES = {"ranking": "feed", "prediction": "bike"}
"""A line of each kind that has requests."""
CONTEXT = [column.name for column in kit.LINE.context]
WEATHER = {
    "season": "summer",
    "holiday": "no",
    "workingday": 1,
    "weather": "mist",
    "temperature": 0.6,
    "feels_like": 0.55,
    "humidity": 0.5,
    "windspeed": 0.2,
}
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "get", "X" * 50)
AT = {"happened_at": "2026-01-05T06:00:00+00:00", "delivery_id": "d-0"}
CLICK = {"request_id": "r-0", "item": kit.ITEMS[0], "kind": "click", "value": 1, **AT}
RENTALS = {"request_id": "r-0", "kind": "rentals", "value": 40.0, **AT}
TEXTS = (
    "", "\0", "x" * 300, "é" * 201, "null", "NaN", "../..", "2026-13-45T99:99:99Z", "r-" + "0" * 12,
    "1e999", "\u202e\u200b", "\U0001f3ac" * 99, " ann ", "true", "%00", "-0", "{}", "feed",
)  # fmt: skip
NUMBERS = (
    0, -0.0, 1, -1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**70), 1e308, -1e308, 5e-324, 0.1, 1e-9,
)  # fmt: skip
RAW = (
    "NaN", "Infinity", "-Infinity", "1e400", "-", "01", "1" * 5000, '"\\ud800"', '"\\u0000"', "tru",
    "", "'a'", "1.", ".5", "+1", "0x10", "[1,]", "{,}", '{"a":1,"a":2}', "//", '"\n"',
)  # fmt: skip
"""Texts that JSON writers do not write."""
PAIRS = {"[": "]", '{"a":': "}", '[{"user":': "}]"}
DEPTHS = (5, 200, 900, 1000, 1023, 1024, 1025, 20_000)
_MARK = "\x00mark\x00"
_PARTS = (
    "v1", *LINES.values(), "rank", "predict", "outcomes", "state", "assign", "readyz", "healthz",
    "metrics", "%00", "%ff", "..", "", "é", "v2", "models", "docs", "a" * 3000,
)  # fmt: skip


class Request(NamedTuple):
    """What is written to the router's socket; headers beyond its own ``host`` and length."""

    method: str
    path: str
    body: bytes
    headers: dict[str, bytes]


def text(rng: Random) -> str:
    """Any text, now and then one of those that programs stumble over."""
    if rng.random() < 0.5:
        return rng.choice(TEXTS)
    last = rng.choice((0x7F, 0xFF, 0xFFFF, 0x10FFFF))
    return "".join(chr(rng.randint(0, last)) for _ in range(rng.randrange(20)))


def value(rng: Random, depth: int = 3) -> object:
    """Any JSON value."""
    how = rng.randrange(7 if depth else 5)
    if how < 2:
        return rng.choice((rng.choice(NUMBERS), rng.randint(-(2**70), 2**70), rng.gauss(0, 1e3)))
    if how < 4:
        return text(rng)
    if how == 4:
        return rng.choice((None, True, False))
    inner = [value(rng, depth - 1) for _ in range(rng.randrange(5))]
    return inner if how == 5 else {text(rng): each for each in inner}


def _raw(rng: Random) -> str:
    if rng.random() < 0.7:
        return rng.choice(RAW)
    left, depth = rng.choice(list(PAIRS)), rng.choice(DEPTHS)
    return left * depth + rng.choice(("1", '""', "[]", "")) + PAIRS[left] * depth


def _tensor(name: str, data: list) -> dict:
    kinds = {str: "BYTES", int: "INT64", float: "FP64"}
    return {"name": name, "datatype": kinds[type(data[0])], "shape": [len(data)], "data": data}


def _good_inputs(rng: Random, line: str) -> dict:
    """The tensors of a request in the words of the Open Inference Protocol."""
    if line == LINES["prediction"]:
        rows, context = rng.randint(1, 4), WEATHER
        given = {"user": ["planner"] * rows} | {name: [v] * rows for name, v in context.items()}
    else:
        given = {"user": ["ann"], "items": rng.sample(kit.ITEMS, rng.randint(1, 5))}
        given |= {name: [rng.randint(0, 2)] for name in CONTEXT}
    inputs = [_tensor(name, data) for name, data in given.items()]
    return {"id": "7", "inputs": inputs, "outputs": [{"name": "arm"}]}


def _good(rng: Random, line: str, verb: str) -> dict:
    if verb == "infer":
        return _good_inputs(rng, line)
    if verb == "outcomes":
        one = CLICK if line == LINES["ranking"] else RENTALS
        return {"outcomes": [dict(one) for _ in range(rng.randint(1, 3))]}
    if verb in {"predict", "rows"}:
        row = {"user": "planner", "context": WEATHER}
        rows = [json.loads(json.dumps(row)) for _ in range(rng.randint(1, 4))]
        return {"rows": rows} if verb == "rows" else rows[0]
    items = rng.sample(kit.ITEMS, rng.randint(1, 5))
    return {"user": "ann", "context": {name: rng.randint(0, 2) for name in CONTEXT}, "items": items}


def _places(found: object) -> list:
    """Every place in a JSON value that can be put another value into."""
    places: list = []
    if isinstance(found, dict | list):
        for key in list(found) if isinstance(found, dict) else range(len(found)):
            places.append((found, key))
            places += _places(found[key])
    return places


def body(rng: Random, line: str, verb: str) -> bytes:
    """A body of ``rank``, ``predict`` (one or ``rows``), ``infer`` or ``outcomes`` with one to three faults."""
    whole, marked = json.loads(json.dumps(_good(rng, line, verb))), False
    for _ in range(rng.randint(1, 3)):
        if not (places := _places(whole)):
            break
        where, key = rng.choice(places)
        fault = rng.choice(("value", "value", "text", "drop", "add", "again"))
        if fault == "drop":
            del where[key]
        elif fault == "add" and isinstance(where, dict):
            where[text(rng)] = value(rng)
        elif fault == "again" and isinstance(where, list):
            where += where * rng.choice((1, 1, 50))
        else:
            where[key] = _MARK if fault == "text" else value(rng)
            marked |= fault == "text"
    found = json.dumps(whole)
    if marked:
        found = found.replace(json.dumps(_MARK), _raw(rng))
    return _spoilt(rng, found.encode("utf-8", "surrogatepass"))


def _spoilt(rng: Random, whole: bytes) -> bytes:
    """The bytes, now and then cut, changed, twice there, or of another encoding."""
    how, place = rng.randrange(12), rng.randint(0, len(whole))
    ways = {
        0: lambda: whole[:place],
        1: lambda: whole[:place] + rng.randbytes(rng.randint(1, 4)) + whole[place:],
        2: lambda: whole + whole,
        3: lambda: b"\xef\xbb\xbf" + whole,
        4: lambda: whole.decode("utf-8", "replace").encode("utf-16"),
        5: lambda: rng.randbytes(rng.randrange(200)),
    }
    return ways.get(how, lambda: whole)()


def bad_headers(rng: Random) -> dict[str, bytes]:
    """One to three headers that do not belong."""
    word = bytes(rng.choice(range(33, 256)) for _ in range(rng.randrange(30)))
    kinds: dict[str, tuple[bytes, ...]] = {
        "content-type": (b"text/plain", b"", b"application/json;", b"a" * 300, word),
        "host": (b"", b"evil.example", b"[", b"127.0.0.1:99999", b"a@127.0.0.1", b"[::1"),
        "origin": (b"null", b"http://evil.example", b"http://[", word),
        "authorization": (word, b"Bearer", b"Bearer " + word, b"Basic " + word),
        "accept-encoding": (word, b"gzip"),
        "content-length": (b"-1", b"1" * 50, b"0", b"1, 2", word),
        "transfer-encoding": (b"chunked", b"gzip", word),
        "expect": (b"100-continue", word),
        "upgrade": (b"websocket", b"h2c"),
        "x-more": (b"x" * 20_000, word),
    }
    return {name: rng.choice(kinds[name]) for name in rng.sample(list(kinds), rng.randint(1, 3))}


def post(rng: Random, line: str, verb: str) -> Request:
    """A request for a verb: mostly a bad body, now and then bad headers, or another line's verb."""
    headers = {"content-type": b"application/json"}
    if rng.randrange(10) == 0:
        headers |= bad_headers(rng)
    at = line if rng.randrange(20) else rng.choice((*LINES.values(), text(rng)))
    of = "/v2/models" if verb == "infer" else "/v1"
    path = f"{of}/{quote(at, errors='replace')}/{'predict' if verb == 'rows' else verb}"
    method = "POST" if rng.randrange(30) else rng.choice(METHODS)
    return Request(method, path, body(rng, line, verb), headers)


def get(rng: Random, path: str) -> Request:
    """A request for a page that is read: with a query, a body, or headers that it is not made for."""
    names = [rng.choice(("user", "unit", "key", text(rng))) for _ in range(rng.randrange(4))]
    query = "&".join(
        f"{quote(name, errors='replace')}={quote(text(rng), errors='replace')}" for name in names
    )
    if rng.randrange(5) == 0:
        query = "".join(chr(rng.choice(range(33, 127))) for _ in range(rng.randrange(60)))
    method = "GET" if rng.randrange(5) else rng.choice(METHODS)
    content = rng.randbytes(rng.randrange(50)) if rng.randrange(5) == 0 else b""
    return Request(
        method, f"{path}?{query}", content, bad_headers(rng) if rng.random() < 0.3 else {}
    )


def page(rng: Random) -> Request:
    """A request for any path, those that are none among them."""
    printed = "".join(chr(rng.choice(range(33, 127))) for _ in range(rng.randrange(12)))
    parts = [rng.choice((rng.choice(_PARTS), printed)) for _ in range(rng.randint(1, 5))]
    content = rng.randbytes(rng.randrange(50))
    return Request(rng.choice(METHODS), "/" + "/".join(parts), content, bad_headers(rng))


def _posts(line: str, verb: str) -> Callable[[Random], Request]:
    return lambda rng: post(rng, line, verb)


def _gets(path: str) -> Callable[[Random], Request]:
    return lambda rng: get(rng, path)


KINDS: dict[str, Callable[[Random], Request]] = {
    "ranking/rank": _posts("feed", "rank"),
    "prediction/predict": _posts("bike", "predict"),
    "prediction/predict, rows": _posts("bike", "rows"),
    **{
        f"{kind}/{verb}": _posts(line, verb)
        for kind, line in LINES.items()
        for verb in ("outcomes", "infer")
    },
    **{
        f"{kind}/{verb}": _gets(f"/v1/{line}/{verb}")
        for kind, line in LINES.items()
        for verb in ("assign", "state")
    },
    **{
        f"{kind}/{name}": _gets(f"/{name}/{line}")
        for kind, line in LINES.items()
        for name in ("readyz", "v2/models")
    },
    **{name: _gets(f"/{name}") for name in ("metrics", "readyz", "healthz", "v2/health/ready")},
    "pages": page,
}
"""Bad requests by kind of line and endpoint; ``pages`` are all others."""


class Sender:
    """Writes requests to the router byte for byte: a client library would refuse to send the worst."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def status(self, request: Request) -> int | str:
        """The status of the answer, or what became of the connection: it is the router's to close one."""
        used = self._socket is not None
        try:
            return self._ask(request)
        except (OSError, HTTPException) as error:
            self.close()
            if used:  # it was closed after the request before
                return self.status(request)
            return type(error).__name__

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, request: Request) -> int:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=600)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        usual = {
            "host": f"127.0.0.1:{self._port}".encode(),
            "content-length": str(len(request.body)).encode(),
        }
        headers = b"".join(
            name.encode() + b": " + said + b"\r\n"
            for name, said in (usual | request.headers).items()
        )
        first = f"{request.method} {request.path} HTTP/1.1\r\n".encode("utf-8", "surrogatepass")
        self._socket.sendall(first + headers + b"\r\n" + request.body)
        # half closed where the length is a lie: a router that waited for more would wait for long
        if request.headers.keys() & {"content-length", "transfer-encoding"}:
            self._socket.shutdown(socket.SHUT_WR)
        answer = HTTPResponse(self._socket, method=request.method)
        answer.begin()
        answer.read()
        if answer.will_close or request.headers.keys() & {"content-length", "transfer-encoding"}:
            self.close()
        return answer.status
