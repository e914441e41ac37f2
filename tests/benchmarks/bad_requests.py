"""Bad requests by the ten thousand, beside good traffic that must not notice.

``python tests/benchmarks/bad_requests.py [--requests 10000] [--seed 0] [--only ranking,metrics]``

Requests with faults of every size are made from the schemas; for each endpoint and kind of line so
many are sent while readers go on asking. Ends with 1 where any answer was a 5xx or a connection ended
without one, a worker ended, or a reader was refused. Good traffic's latency is measured alone, before and after, and beside.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx
import numpy as np

sys.path.append(str(Path(__file__).parents[1]))

import bad_requests_kit as bad
import router_kit as kit

RATE_S = 20.0
"""Good requests a second."""


@contextmanager
def readers(router, times: list[float], refused: list[str]):
    """Good traffic at a fixed rate until the block ends."""
    over = threading.Event()

    def read() -> None:
        with httpx.Client(base_url=router.url, timeout=None, trust_env=False) as http:
            due = time.perf_counter()
            while not over.is_set():
                due += 1 / RATE_S
                over.wait(max(0.0, due - time.perf_counter()))
                begun = time.perf_counter()
                answer = http.post("/v1/feed/rank", json=kit.ask(f"u{len(times)}"))
                times.append(time.perf_counter() - begun)
                if answer.status_code != 200:
                    refused.append(answer.text[:200])

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def attack(router, kind: str, requests: int, start: int) -> tuple[Counter, list[str]]:
    """Send the bad requests of one kind; statuses, and what was answered by a 5xx or not at all."""
    statuses: Counter = Counter()
    wrong: list[str] = []
    sender = bad.Sender(router.port)
    for number in range(start, start + requests):
        request = bad.KINDS[kind](Random(f"{kind} {number}"))
        status = sender.status(request)
        statuses[status] += 1
        if not isinstance(status, int) or status >= 500:
            wrong.append(f"{status} {str(request)[:300]}")
    sender.close()
    return statuses, wrong


def main() -> None:
    """Print a table of statuses, then how good traffic fared."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=10_000, help="of each endpoint")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="how kinds begin: ranking,metrics")
    args = parser.parse_args()
    only = tuple(args.only.split(","))
    calm: list[float] = []
    beside: list[float] = []
    refused: list[str] = []
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        home = kit.furnish(Path(folder))
        with kit.running(home, SLIPWAY_ROUTER_LINES=",".join(bad.LINES.values())) as router:
            router.wait_ready()
            router.wait(lambda: router.http.get("/readyz/bike").status_code == 200)
            before = sorted(router.workers())
            for kind in (name for name in bad.KINDS if name.startswith(only)):
                with readers(router, calm, refused):
                    time.sleep(10)
                begun = time.perf_counter()
                with readers(router, beside, refused):
                    statuses, wrong = attack(router, kind, args.requests, args.seed)
                faults += wrong
                took = time.perf_counter() - begun
                print(
                    f"{kind}: {sum(statuses.values())} in {took:.0f} s, {dict(statuses)}",
                    flush=True,
                )
            dead = before != sorted(router.workers())
            said = router.output()
            unexpected = said.count("Traceback")
    for name, times in (("alone", calm), ("beside", beside)):
        p50, p99 = (1e3 * np.quantile(times, q) for q in (0.5, 0.99))
        print(f"good traffic {name:7} n {len(times):6} p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    print(
        f"5xx or unanswered {len(faults)}, readers refused {len(refused)}, workers dead {dead}, tracebacks {unexpected}"
    )
    first = said.partition("Traceback")[2][:3000]
    for text in (*faults[:10], *refused[:5], *filter(None, [first])):
        print(f"    {text}")
    sys.exit(1 if faults or refused or dead or unexpected else 0)


if __name__ == "__main__":
    main()
