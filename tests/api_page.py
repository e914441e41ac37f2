"""The page of the router's interface: each request with the answer that a real router gave.

``python tests/api_page.py`` writes it again; a test holds the forms equal, as ids, times and scores differ.
"""

import json
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parent))

import router_kit

PAGE = Path(__file__).parents[1] / "pipeline" / "slipway" / "serving" / "API.md"
LINES_OF_METRICS = 12
HEAD = """# The router: a request and an answer of each endpoint

Taken from a real router with the bundled lines `feed` (ranks) and `bank` (predicts); `python tests/api_page.py` takes
them again, and a test holds their form. Where `SLIPWAY_ROUTER_TOKEN` is set, `/v1`, `/v2/models` and `/metrics` want the
header `authorization: Bearer <token>`. Whatever is wrong with a request is a 4xx and one line; a router without room says 503
and when to come again. An answer is in the log before it leaves, and on the
disk where `SLIPWAY_LOG_SYNC_MS` says how many milliseconds that may take; else it says `"logged": false`.
"""
CLIENT = {
    "age": 41, "job": "technician", "marital": "married", "education": "university.degree",
    "in_default": "no", "housing": "yes", "loan": "no", "contact": "cellular", "month": "may",
    "weekday": "mon", "campaign": 1, "previous": 0, "poutcome": "nonexistent", "emp_var_rate": 1.1,
    "cons_price_idx": 93.9, "cons_conf_idx": -36.4, "euribor3m": 4.86, "nr_employed": 5191,
}  # fmt: skip


class Exchange(NamedTuple):
    """One request with its answer; ``body`` is None of a GET."""

    about: str
    method: str
    path: str
    body: Any
    status: int
    answer: Any


@contextmanager
def router():
    """A real router with a champion and a candidate of the feed, and the rules of the bank."""
    with tempfile.TemporaryDirectory() as folder:
        home = router_kit.furnish(Path(folder))
        keys = dict(router_kit.install(home, "feed", v, seed=int(v)) for v in "12")
        router_kit.release(
            home, keys, epoch=8, stage="canary_50", share=0.5, champion="1", candidate="2"
        )
        with router_kit.running(
            home, workers=1, budget_ms=3.6e6, SLIPWAY_ROUTER_LINES="feed,bank"
        ) as found:
            found.wait(lambda: found.http.get("/readyz/bank").is_success)
            found.wait_ready()
            yield found


def exchanges(found) -> list[Exchange]:
    """One of each endpoint, and one that is refused."""
    done: list[Exchange] = []

    def ask(about, method, path, body=None):
        answer = found.http.request(method, path, json=body)
        kind = answer.headers["content-type"]
        said = answer.json() if "json" in kind else answer.text
        done.append(Exchange(about, method, path, body, answer.status_code, said))
        return said

    items = router_kit.ITEMS[:12]
    ranked = ask(
        "Ranks the items for a user",
        "POST",
        "/v1/feed/rank",
        {"user": "ann", "context": {"age_band": 1}, "items": items},
    )
    click = {
        "request_id": ranked["request_id"],
        "item": ranked["items"][0]["item"],
        "kind": "click",
        "value": 1,
        "happened_at": "2026-11-30T12:00:00+00:00",
        "delivery_id": "c-1",
    }
    ask(
        "Takes outcomes; acknowledged once they are in the log",
        "POST",
        "/v1/feed/outcomes",
        {"outcomes": [click]},
    )
    ask("One answer", "POST", "/v1/bank/predict", {"user": "ann", "context": CLIENT})
    rows = [{"user": user, "context": CLIENT} for user in ("ann", "bob")]
    ask("An answer for each of several rows", "POST", "/v1/bank/predict", {"rows": rows})
    inputs = {"user": "BYTES", "items": "BYTES", "age_band": "INT64"}
    values = {"user": ["ann"], "items": items[:3], "age_band": [1]}
    tensors = [
        {"name": name, "shape": [len(values[name])], "datatype": kind, "data": values[name]}
        for name, kind in inputs.items()
    ]
    ask(
        "The same in the Open Inference Protocol (v2)",
        "POST",
        "/v2/models/feed/infer",
        {"id": "7", "inputs": tensors},
    )
    ask("What a line takes and answers there", "GET", "/v2/models/feed")
    ask(
        "The arm and version of a user, for a team's own servers", "GET", "/v1/feed/assign?user=ann"
    )
    ask("The release state in force", "GET", "/v1/feed/state")
    ask("Alive", "GET", "/healthz")
    ask("Able to answer, line by line", "GET", "/readyz")
    ask("Whether this line can answer", "GET", "/readyz/feed")
    ask("Prometheus, all workers together (its first lines)", "GET", "/metrics")
    ask("A request that is refused", "POST", "/v1/feed/rank", {"user": "ann", "items": []})
    return done


def text(found: list[Exchange]) -> str:
    """The page, as Markdown."""
    parts = [HEAD]
    for each in found:
        parts.append(f"## {each.about}\n")
        asked = f"{each.method} {each.path}"
        if each.body is not None:
            asked += "\ncontent-type: application/json\n\n" + json.dumps(each.body, indent=1)
        parts.append(f"```http\n{asked}\n```\n")
        if isinstance(each.answer, str):
            said = "\n".join(each.answer.splitlines()[:LINES_OF_METRICS])
            parts.append(f"{each.status}:\n\n```text\n{said}\n```\n")
        else:
            parts.append(f"{each.status}:\n\n```json\n{json.dumps(each.answer, indent=1)}\n```\n")
    return "\n".join(parts)


def form(value: Any) -> Any:
    """What must not change: keys and types, of a list's first item."""
    if isinstance(value, dict):
        return {key: form(each) for key, each in value.items()}
    if isinstance(value, list):
        return [form(value[0])] if value else []
    return (
        "number"
        if isinstance(value, int | float) and not isinstance(value, bool)
        else type(value).__name__
    )


def forms_of_page(page: str) -> list[tuple[str, str, Any, int, Any]]:
    """Of each exchange of a page: its words, request with body, status and form of the answer."""
    found = []
    for part in page.split("\n## ")[1:]:
        about, rest = part.split("\n", 1)
        request, after = rest.split("```http\n", 1)[1].split("\n```", 1)
        line, _, body = request.partition("\ncontent-type: application/json\n\n")
        status = int(after.strip().split(":", 1)[0])
        fence = "```json\n" if "```json\n" in after else "```text\n"
        said = after.split(fence, 1)[1].split("\n```", 1)[0]
        answer = form(json.loads(said)) if fence == "```json\n" else "text"
        found.append((about, line, form(json.loads(body)) if body else None, status, answer))
    return found


if __name__ == "__main__":
    with router() as running:
        PAGE.write_text(text(exchanges(running)), encoding="utf-8")
