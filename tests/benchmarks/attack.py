"""Good traffic beside 400 silent clients at the router and 8 password guessers at the registry.

``python tests/benchmarks/attack.py [--seconds 20] [--rounds 3] [--handles 256]``

Readers ask the router, and the router's account the registry, at a fixed rate, in turns with and
without the attack, round after round and each first in every other one, so that a busy machine disturbs both
alike: what is judged is a ratio within one run. Silent clients are
of four kinds (nothing, half a head, half a body, a byte now and then) and come back when they are
sent away. Ends with 1 where a p99 beside the attack is more than 1.5 times that without, or where
anybody was refused. Attackers run on the same machine and yield to the servers, as those of another
machine would.
"""

import argparse
import asyncio
import base64
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import httpx
import numpy as np
import uvloop

sys.path.append(str(Path(__file__).parents[1]))

import registry_kit
import router_kit as kit

SILENT, GUESSERS, LIMIT = 400, 8, 1.5
READS_S, LOOKUPS_S, PAGES_S = 40.0, 5.0, 2.0
"""Requests a second of readers, of the registry's known accounts, and for /readyz and /metrics."""
HALF_BODY = b"POST /v1/feed/rank HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 900\r\n\r\n{"
STARTS = (b"", b"POST /v1/feed/rank HTTP/1.1\r\nx: ", HALF_BODY, b"GET /readyz HTTP/1.1\r\nx: ")


async def _silent(port: int, start: bytes) -> None:
    """One client who asks nothing, and comes back for as long as it runs."""
    while True:
        with suppress(OSError, RuntimeError):  # uvloop's word for a connection that ended
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(start)
                while start.startswith(b"GET") and not writer.is_closing():
                    await asyncio.sleep(1)
                    writer.write(b"x")
                while await reader.read(4096):
                    pass
            finally:
                writer.close()
        await asyncio.sleep(0.5)


async def _guess(url: str) -> None:
    """One guesser of a reviewer's password, as fast as it is answered."""
    chance = random.Random()
    async with httpx.AsyncClient(base_url=url, timeout=None, trust_env=False) as http:
        while True:
            word = base64.b64encode(f"rita:{chance.random()}".encode()).decode()
            with suppress(httpx.HTTPError):
                await http.get(
                    "/api/2.0/mlflow/registered-models/get?name=feed",
                    headers={"authorization": f"Basic {word}"},
                )


async def _attack(port: int, url: str) -> None:
    silent = [_silent(port, STARTS[n % len(STARTS)]) for n in range(SILENT)]
    await asyncio.gather(*silent, *(_guess(url) for _ in range(GUESSERS)))


@contextmanager
def attacking(port: int, url: str):
    """The attack in a process of its own."""
    command = [sys.executable, __file__, "--attack", str(port), url]
    process = subprocess.Popen(command)
    try:
        time.sleep(3)
        yield
    finally:
        process.kill()
        process.wait()


async def _ask(http: httpx.AsyncClient, call: dict, seen: list, wrong: list) -> None:
    begun = time.perf_counter()
    try:
        answer = await http.request(**call)
        if answer.status_code != 200:
            wrong.append(f"{call['url']}: {answer.status_code} {answer.text[:80]}")
    except httpx.HTTPError as error:
        wrong.append(f"{call['url']}: {type(error).__name__}")
    seen.append(time.perf_counter() - begun)


async def _steady(clients, call, rate: float, seconds: float, found: tuple[list, list]) -> None:
    """Requests at ``rate`` a second, each when it is due, whether or not the last was answered."""
    started, asked = time.perf_counter(), []
    for n in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, started + n / rate - time.perf_counter()))
        asked.append(asyncio.create_task(_ask(clients[n % len(clients)], call(n), *found)))
    await asyncio.gather(*asked)


async def good(router, desk, seconds: float) -> dict[str, tuple[list, list]]:
    """Latencies and what went wrong, by kind of good traffic."""
    found = {what: ([], []) for what in ("router: rank", "router: pages", "registry: get")}
    auth = ("router", desk.words["router"])
    async with (
        httpx.AsyncClient(base_url=router.url, timeout=None, trust_env=False) as kept,
        httpx.AsyncClient(
            base_url=router.url,
            timeout=None,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        ) as fresh,
        httpx.AsyncClient(base_url=desk.url, timeout=None, trust_env=False, auth=auth) as known,
    ):
        await asyncio.gather(
            _steady(
                (kept, fresh),
                lambda n: {"method": "POST", "url": "/v1/feed/rank", "json": kit.ask(f"u{n}")},
                READS_S, seconds, found["router: rank"],
            ),
            _steady(
                (fresh,),
                lambda n: {"method": "GET", "url": ("/readyz", "/metrics")[n % 2]},
                PAGES_S, seconds, found["router: pages"],
            ),
            _steady(
                (known,),
                lambda _: {"method": "GET", "url": "/api/2.0/mlflow/registered-models/get",
                           "params": {"name": "feed"}},
                LOOKUPS_S, seconds, found["registry: get"],
            ),
        )  # fmt: skip
    return found


def turns(router, desk, seconds: float, rounds: int) -> dict[tuple[str, bool], list]:
    """(Kind, attacked) → of each round the latencies and what went wrong; who comes first changes."""
    found: dict[tuple[str, bool], list] = {}
    uvloop.run(good(router, desk, 3))
    for number in range(rounds):
        for attacked in (False, True) if number % 2 else (True, False):
            with attacking(router.port, desk.url) if attacked else nullcontext():
                turn = uvloop.run(good(router, desk, seconds))
            for what, seen in turn.items():
                found.setdefault((what, attacked), []).append(seen)
    return found


def p99_of(part: list, rounds) -> float:
    """Over the latencies of these rounds together, ms."""
    return float(1e3 * np.quantile(np.concatenate([part[n][0] for n in rounds]), 0.99))


def measure(router, desk, seconds: float, rounds: int) -> bool:
    """Print the table; whether every limit is kept."""
    found = turns(router, desk, seconds, rounds)
    every, chance, kept = range(rounds), np.random.default_rng(1), True
    print(f"{'':16} {'':9} {'n':>6} {'p50 ms':>8} {'p99 ms':>8} {'refused':>8}")
    for what in dict.fromkeys(what for what, _ in found):
        calm, attacked = found[what, False], found[what, True]
        for name, part in (("calm", calm), ("attacked", attacked)):
            times = np.concatenate([seen for seen, _ in part])
            wrong = sorted({text for _, texts in part for text in texts})
            refused = sum(len(texts) for _, texts in part)
            p50, p99 = 1e3 * np.median(times), p99_of(part, every)
            print(f"{what:16} {name:9} {len(times):6} {p50:8.2f} {p99:8.2f} {refused:8}")
            for text in wrong[:5]:
                print(f"    {text}")
            kept &= not wrong
        ratio = p99_of(attacked, every) / p99_of(calm, every)
        drawn = [chance.integers(rounds, size=rounds) for _ in range(500)]
        spread = np.quantile([p99_of(attacked, d) / p99_of(calm, d) for d in drawn], (0.05, 0.95))
        kept &= ratio <= LIMIT
        print(
            f"{what:16} p99 x {ratio:.2f} (90 % of rounds drawn again: {spread[0]:.2f} to"
            f" {spread[1]:.2f}), must be at most {LIMIT}"
        )
    return kept


def main() -> None:
    """Start both servers, then ask in turns."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--handles", type=int, default=256, help="open files of a router process")
    parser.add_argument("--attack", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.attack:
        os.nice(15)
        uvloop.run(_attack(int(args.attack[0]), args.attack[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        home = kit.furnish(Path(folder) / "router")
        with (
            registry_kit.running(Path(folder) / "registry") as desk,
            kit.running(home, handles=args.handles) as router,
        ):
            desk.register()
            router.wait_ready()
            kept = measure(router, desk, args.seconds, args.rounds)
            alive = len(router.workers())
    print(f"{alive} of 2 workers live")
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
