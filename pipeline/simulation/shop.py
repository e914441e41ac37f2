"""A shop full of visitors: live traffic over the router's real HTTP, clicking as the world says.

One process with keep-alive connections. A visitor asks for a ranked list and, some event minutes
later, clicks what the world makes them click; clicks travel in small batches, a few of them hours
late, a few twice. ``scenario.json`` in the simulation's folder is read each second::

    {"rate": 350, "live_effect": {"4": -0.10}}

``rate`` is in visits per wall second at the mean hour of the week; a list answered by version 4 is
then clicked 10 % less than its films deserve. ``shop.json`` beside it shows what has happened.
"""

import asyncio
import heapq
import logging
import os
import signal
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from pipeline import lines
from pipeline.domain.line import Line
from pipeline.settings import Settings, settings
from pipeline.simulation import setting
from pipeline.simulation.history import (
    CANDIDATES,
    CLICK_DELAY_S,
    DUPLICATE_SHARE,
    LATE_HOURS,
    LATE_SHARE,
)
from pipeline.simulation.post import Post, Tally
from pipeline.simulation.shelf import Floats, Ints, Shelf
from pipeline.simulation.world import HOUR_S, World

DEFAULT_RATE = 20.0  # visits per wall second where no scenario says otherwise
TICK_S = 0.05  # wall seconds between two groups of visitors
STATUS_S = 1.0  # wall seconds between two looks at the scenario
MAX_OPEN = 256  # requests under way; visitors beyond it turn away at the door, as in a real queue
MAX_BATCH = 1000  # outcomes in one call
DRAIN_S = 0.5  # wall seconds


@dataclass(order=True, slots=True)
class _Due:
    """An outcome and the wall time (POSIX seconds) at which it is sent."""

    at: float
    outcome: dict[str, Any] = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Visitors of one tick: users ``[n]``, films offered and their attraction ``[n, offered]``."""

    users: Ints
    items: Ints
    attraction: Floats
    luck: Floats


class Shop:
    """Visitors of one line's router; :meth:`run` until told to stop."""

    def __init__(self, of: Settings, line: Line, world: World, *, rate: float, seed: int) -> None:
        self.tally = Tally()
        self._settings, self._line, self._world = of, line, world
        self._folder = setting.folder(of.home)
        self._rate, self._effects = rate, dict[str, float]()
        self._rng = np.random.default_rng(seed)
        self._shelf: tuple[int, Shelf] | None = None
        self._due: list[_Due] = []
        self._open: set[asyncio.Task[None]] = set()
        self._latency_ms: deque[float] = deque(maxlen=2000)
        self._clock = of.clock

    async def run(self, stop: asyncio.Event) -> None:
        """Send visitors until ``stop`` is set, then wait for those inside and send their clicks."""
        async with Post(self._settings.router_url, self._line.name, self.tally) as post:
            looks = asyncio.create_task(self._look(stop))
            last = time.monotonic()
            while not stop.is_set():
                await asyncio.sleep(TICK_S)
                now, last = time.monotonic(), time.monotonic() - last
                self._tick(post, min(last, 4 * TICK_S))
                last = now
            await looks
            await self._drain(post)

    async def _drain(self, post: Post) -> None:
        """Wait for those inside; clicks that would come later than ``DRAIN_S`` do not happen."""
        while self._open or (self._due and self._due[0].at < time.time() + DRAIN_S):
            await asyncio.sleep(TICK_S)
            self._flush(post)
        self._report(1.0, self.tally.visits)

    async def _look(self, stop: asyncio.Event) -> None:
        """Each second: read the scenario and the clock, write the tally."""
        before, seen = time.monotonic(), 0
        while not stop.is_set():
            scenario = setting.read(self._folder / "scenario.json", {})
            self._rate = float(scenario.get("rate", self._rate))
            self._effects = {str(k): float(v) for k, v in scenario.get("live_effect", {}).items()}
            self._clock = self._settings.clock
            await asyncio.sleep(STATUS_S)
            now = time.monotonic()
            self._report(now - before, seen)
            before, seen = now, self.tally.visits

    def _report(self, seconds: float, seen: int) -> None:
        latency = np.array(self._latency_ms or [0.0])
        self.tally.p50_ms, self.tally.p99_ms = np.percentile(latency, (50, 99)).round(2).tolist()
        self.tally.visits_per_s = round((self.tally.visits - seen) / seconds, 1)
        setting.write(self._folder / "shop.json", asdict(self.tally))

    def _tick(self, post: Post, seconds: float) -> None:
        """Let the visitors of ``seconds`` wall seconds in and send the outcomes that are due."""
        at = self._clock.at(time.time()).timestamp()
        wanted = int(self._rng.poisson(self._rate * seconds * float(self._world.intensity(at))))
        n = max(0, min(wanted, MAX_OPEN - len(self._open)))
        self.tally.turned_away += wanted - n
        if n:
            crowd = self._crowd(at, n)
            for row in range(n):
                self._spawn(self._visit(post, crowd, row))
        self._flush(post)

    def _spawn(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task = asyncio.create_task(work)
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    def _crowd(self, at: float, n: int) -> _Crowd:
        hour = int(at // HOUR_S)
        if self._shelf is None or self._shelf[0] != hour:
            self._shelf = (hour, self._world.shelf(self._rng, at))
        users = self._world.visitors(self._rng, at, n)
        items = self._shelf[1].draw(self._rng, n, CANDIDATES)
        attraction = self._world.attraction(users[:, None], items, np.full((n, 1), at))
        return _Crowd(users, items, attraction, self._rng.random((n, self._line.list_length)))

    async def _visit(self, post: Post, crowd: _Crowd, row: int) -> None:
        user = int(crowd.users[row])
        items = [self._world.items[item] for item in crowd.items[row].tolist()]
        body = {
            "user": self._world.users[user],
            "context": {"age_band": int(self._world.age_band[user])},
            "items": items,
        }
        self.tally.visits += 1
        before = time.perf_counter()
        answer = await post.ask("rank", body)
        if answer is None:
            return
        self._latency_ms.append((time.perf_counter() - before) * 1e3)
        self.tally.answered += 1
        attraction = dict(zip(items, crowd.attraction[row].tolist(), strict=True))
        for shown, luck in zip(answer["items"], crowd.luck[row].tolist(), strict=False):
            look = self._world.examination[shown["position"] - 1]
            effect = 1.0 + self._effects.get(str(answer["version"]), 0.0)
            if luck < look * attraction[shown["item"]] * effect:
                self._click(answer["request_id"], shown["item"])

    def _click(self, request_id: str, item: str) -> None:
        """Put a click in the post; a few travel for hours, a few are sent twice."""
        self.tally.clicks += 1
        speed = self._clock.speed
        wall = time.time()
        clicked = wall + self._rng.exponential(CLICK_DELAY_S) / speed
        happened = self._clock.at(clicked)
        outcome = {
            "request_id": request_id,
            "item": item,
            "kind": "click",
            "value": 1,
            "happened_at": happened.isoformat(),
        }
        late = (
            self._rng.uniform(*LATE_HOURS) * HOUR_S / speed
            if self._rng.random() < LATE_SHARE
            else 0.0
        )
        heapq.heappush(self._due, _Due(clicked + late, outcome))
        if self._rng.random() < DUPLICATE_SHARE:
            heapq.heappush(self._due, _Due(clicked + late + TICK_S, outcome))

    def _flush(self, post: Post) -> None:
        now = time.time()
        batch: list[dict[str, Any]] = []
        while self._due and self._due[0].at <= now:
            batch.append(heapq.heappop(self._due).outcome)
        for start in range(0, len(batch), MAX_BATCH):
            self._spawn(self._send(post, batch[start : start + MAX_BATCH]))

    async def _send(self, post: Post, outcomes: Sequence[dict[str, Any]]) -> None:
        answer = await post.ask("outcomes", {"outcomes": outcomes})
        if answer is None:
            self.tally.outcomes_lost += len(outcomes)
        else:
            self.tally.outcomes_sent += len(outcomes)


def set_scenario(
    home: Path, *, rate: float | None = None, live_effect: Mapping[str, float] | None = None
) -> None:
    """Change the scenario of a running shop; what is not named stays as it is."""
    path = setting.folder(home) / "scenario.json"
    scenario = setting.read(path, {})
    if rate is not None:
        scenario["rate"] = rate
    if live_effect is not None:
        scenario["live_effect"] = scenario.get("live_effect", {}) | dict(live_effect)
    setting.write(path, scenario)


def main() -> None:
    """Open the shop of this installation (``SLIPWAY_*``) until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    of = settings()
    line = lines.load(lines.names()[0], of.policy_file)
    world = setting.load(of.home).world(line.list_length)
    shop = Shop(of, line, world, rate=DEFAULT_RATE, seed=os.getpid())
    uvloop.run(_until_told(shop))


async def _until_told(shop: Shop) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await shop.run(stop)


if __name__ == "__main__":
    main()
