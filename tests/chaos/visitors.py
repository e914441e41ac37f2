"""Visitors of the shop: ``python visitors.py URL FILE SEED`` until SIGTERM. What they were told is written down.

They live by the clock of the installation.

Each line of the file is an acknowledged answer or outcome, or a request that nobody answered. Outcomes
come late, twice and out of order.
"""

import json
import random
import signal
import sys
import threading
import time
from pathlib import Path

import httpx
from slipway.settings import settings

PATIENCE_S = 60.0
CLOCK_READ_S = 0.2
"""Wall seconds after which everybody has read a clock that was set anew."""
ITEMS = [f"film-{n:03}" for n in range(80)]
LIKES = {"candidate": 0.9}
"""Chance of a click where it is not a fifth: no release comes to its approval that does not beat the rules."""
_stop = threading.Event()


def main(url: str, file: str, seed: int) -> None:
    """Ask and click until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: _stop.set())
    lock = threading.Lock()
    with Path(file).open("a", encoding="utf-8", buffering=1) as out:

        def note(**words) -> None:
            with lock:
                out.write(json.dumps({"wall": time.time(), **words}) + "\n")

        threads = [threading.Thread(target=_visit, args=(url, note, seed + k)) for k in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _visit(url: str, note, seed: int) -> None:
    rng, late = random.Random(seed), []
    with httpx.Client(base_url=url, timeout=20.0) as http:
        while not _stop.is_set():
            user = f"u{rng.randrange(400)}"
            body = {"user": user, "context": {"age_band": rng.randrange(3)}}
            answer = _insist(http, "/v1/feed/rank", {**body, "items": rng.sample(ITEMS, 12)}, note)
            if answer and not answer.get("logged", True):
                note(unlogged=answer["request_id"])
            elif answer:
                shown = [item["item"] for item in answer["items"]]
                note(request=answer["request_id"], arm=answer["arm"], version=answer["version"])
                if rng.random() < LIKES.get(answer["arm"], 0.2):
                    late.append((answer["request_id"], shown[rng.randrange(3)]))
            rng.shuffle(late)  # some wait for hours of event time
            for request, item in [late.pop() for _ in range(len(late)) if rng.random() < 0.2]:
                _click(http, note, request, item, times=1 + (rng.random() < 0.1))
            _stop.wait(0.25)


def _click(http, note, request: str, item: str, times: int) -> None:
    at = settings().clock.at(time.time() - CLOCK_READ_S).isoformat()
    one = {
        "request_id": request,
        "item": item,
        "kind": "click",
        "value": 1,
        "happened_at": at,
        "delivery_id": f"{request}-{item}",
    }
    for _ in range(times):
        if _insist(http, "/v1/feed/outcomes", {"outcomes": [one]}, note):
            note(outcome=request, item=item)


def _insist(http, path: str, body: dict, note):
    """The answer, asked for again where a connection broke: its process was killed."""
    began, broken = time.time(), ""
    while not _stop.is_set() and time.time() - began < PATIENCE_S:
        try:
            answer = http.post(path, json=body)
        except httpx.TransportError as error:
            broken = repr(error)
            time.sleep(0.05)
            continue
        if answer.is_success:
            return answer.json()
        note(refused=answer.status_code, path=path, body=answer.text[:300])
        if answer.status_code < 500:
            return None
        time.sleep(0.05)
    if not _stop.is_set():
        note(unanswered=path, since=began, error=broken)
    return None


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
