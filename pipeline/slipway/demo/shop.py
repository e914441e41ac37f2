"""Live traffic over the router's real HTTP: visitors ask, and some time later what came of it is sent.

One process with keep-alive connections. Who comes and what comes of an answer is the world's
(:mod:`slipway.demo.film_visitors`, :mod:`slipway.demo.line_visitors`); outcomes travel in small batches,
a few of them hours late, a few twice. ``scenario.json`` in the simulation's folder is read several
times a second::

    {"visits_per_day": 4200, "live_effect": {"4": -0.10}}

``visits_per_day`` counts event days; of an answer of version 4 then comes 10 % less than it deserves.
``shop.json`` beside it shows what has happened, and the event time before which nothing is left to be
answered: whoever drives a demo's clock waits for it. On the wall clock, which waits for nobody, visitors
beyond what the router can take turn away.
"""

import asyncio
import heapq
import logging
import os
import signal
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psutil
import uvloop

from slipway import lines
from slipway.demo import setting
from slipway.demo.post import Post, Tally
from slipway.demo.setting import Setting
from slipway.demo.visitors import (
    DUPLICATE_SHARE,
    LATE_HOURS,
    LATE_SHARE,
    Call,
    Consequence,
    Scenario,
    Visitors,
)
from slipway.domain.line import Line
from slipway.settings import Settings, settings
from slipway.stack import stack

HOUR_S, DAY_S = 3_600.0, 86_400.0
TICK_S = 0.05  # wall seconds between two groups of visitors
STATUS_S = 0.25  # wall seconds between two looks at the scenario
MAX_OPEN = 256  # requests under way; visitors beyond it wait, or turn away as in a real queue
MAX_BATCH = 1000  # outcomes in one call
DRAIN_S = 0.5  # wall seconds


@dataclass(order=True, slots=True)
class _Due:
    """An outcome and the event time (POSIX seconds) at which it is sent."""

    at: float
    outcome: dict[str, Any] = field(compare=False)


class Shop:
    """Visitors of one line's router; :meth:`run` until told to stop.

    ``lost`` says that the scenario names the process of a driver who is gone: the stack ends, too.
    """

    def __init__(self, of: Settings, line: str, visitors: Visitors, *, seed: int) -> None:
        self.tally = Tally()
        self._settings, self._line, self._visitors = of, line, visitors
        self._folder = setting.folder(of.home)
        self._per_day, self._scenario = 0.0, Scenario()
        self._rng = np.random.default_rng(seed)
        self._due: list[_Due] = []
        self._open: dict[asyncio.Task[None], float] = {}
        self._latency_ms: deque[float] = deque(maxlen=2000)
        self._clock = of.clock
        self._waits = of.clock_file is not None
        self._let_in = self._now()
        self._read_scenario()

    async def run(self, stop: asyncio.Event) -> None:
        """Send visitors until ``stop`` is set, then wait for those inside and send what came of them."""
        async with Post(self._settings.router_url, self._line, self.tally) as post:
            looks = asyncio.create_task(self._look(stop))
            while not stop.is_set():
                await asyncio.sleep(TICK_S)
                self._tick(post)
            await looks
            await self._drain(post)

    async def _drain(self, post: Post) -> None:
        """Wait for those inside; outcomes that would come later than ``DRAIN_S`` do not happen."""
        last = self._clock.at(time.time() + DRAIN_S).timestamp()
        while self._open or (self._due and self._due[0].at <= last):
            await asyncio.sleep(TICK_S)
            self._flush(post, last)
        self._report(1.0, self.tally.visits)

    async def _look(self, stop: asyncio.Event) -> None:
        """Several times a second: read the scenario and the clock, write the tally."""
        before, seen = time.monotonic(), 0
        while not stop.is_set():
            self._read_scenario()
            if self.lost:
                stop.set()
            self._clock = self._settings.clock
            await asyncio.sleep(STATUS_S)
            now = time.monotonic()
            self._report(now - before, seen)
            before, seen = now, self.tally.visits

    def _read_scenario(self) -> None:
        scenario = setting.read(self._folder / "scenario.json", {})
        self._per_day = float(scenario.get("visits_per_day", self._per_day))
        effects = {str(k): float(v) for k, v in scenario.get("live_effect", {}).items()}
        self._scenario = Scenario(effects)
        owner = scenario.get("leash")
        self.lost = owner is not None and not psutil.pid_exists(owner)

    def _report(self, seconds: float, seen: int) -> None:
        latency = np.array(self._latency_ms or [0.0])
        self.tally.p50_ms, self.tally.p99_ms = np.percentile(latency, (50, 99)).round(2).tolist()
        self.tally.visits_per_s = round((self.tally.visits - seen) / seconds, 1)
        self.tally.done_until = min((self._let_in, *self._open.values()))
        setting.write(self._folder / "shop.json", asdict(self.tally))

    def _now(self) -> float:
        return self._clock.at(time.time()).timestamp()

    def _tick(self, post: Post) -> None:
        """Let in who came since the tick before, and send the outcomes that are due."""
        now, since = self._now(), self._let_in
        self._flush(post, now)
        mean = self._per_day * (now - since) / DAY_S * self._visitors.intensity(since)
        wanted = int(self._rng.poisson(max(0.0, mean)))
        n = max(0, min(wanted, MAX_OPEN - len(self._open)))
        if n < wanted and self._waits:
            self._let_in = since + (now - since) * n / wanted  # the others come with the next tick
        else:
            self._let_in = max(now, since)
            self.tally.turned_away += wanted - n
        for call in self._visitors.calls(since, n) if n else ():
            self._spawn(self._visit(post, call), since)

    def _spawn(self, work: Any, at: float) -> None:  # a coroutine
        """Start a visit or a call of event time ``at``; until it ends that time is not done."""
        task = asyncio.create_task(work)
        self._open[task] = at
        task.add_done_callback(self._open.pop)

    async def _visit(self, post: Post, call: Call) -> None:
        self.tally.visits += call.visits
        before = time.perf_counter()
        answer = await post.ask(call.verb, call.body)
        if answer is None:
            return
        self._latency_ms.append((time.perf_counter() - before) * 1e3)
        self.tally.answered += call.visits
        for outcome in call.outcomes(answer, self._scenario):
            self._came(outcome)

    def _came(self, outcome: Consequence) -> None:
        """Put an outcome in the post; a few travel for hours, a few are sent twice."""
        self.tally.clicks += 1
        happened = self._now() + outcome.delay_s
        event = outcome.event | {"happened_at": datetime.fromtimestamp(happened, UTC).isoformat()}
        late = self._rng.uniform(*LATE_HOURS) * HOUR_S if self._rng.random() < LATE_SHARE else 0.0
        heapq.heappush(self._due, _Due(happened + late, event))
        if self._rng.random() < DUPLICATE_SHARE:
            heapq.heappush(self._due, _Due(happened + late + 1.0, event))

    def _flush(self, post: Post, now: float) -> None:
        batch: list[_Due] = []
        while self._due and self._due[0].at <= now:
            batch.append(heapq.heappop(self._due))
        for start in range(0, len(batch), MAX_BATCH):
            some = batch[start : start + MAX_BATCH]
            self._spawn(self._send(post, [due.outcome for due in some]), some[0].at)

    async def _send(self, post: Post, outcomes: Sequence[dict[str, Any]]) -> None:
        answer = await post.ask("outcomes", {"outcomes": outcomes})
        if answer is None:
            self.tally.outcomes_lost += len(outcomes)
        else:
            self.tally.outcomes_sent += len(outcomes)


def main() -> None:
    """Open the shop of this installation (``SLIPWAY_*``) until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    of, seed = settings(), os.getpid()
    world = setting.load(of.home)
    line = lines.load(world.line, of.policy_file)
    shop = Shop(of, line.name, visitors_of(world, line, seed), seed=seed)
    uvloop.run(_until_told(shop))


def visitors_of(world: Setting, line: Line, seed: int) -> Visitors:
    """Who comes in an installation's world."""
    if world.is_of_films:
        from slipway.demo.film_visitors import FilmVisitors  # one of two worlds

        return FilmVisitors(world.world(line.list_length), line, seed)
    from slipway.demo.line_visitors import LineVisitors

    return LineVisitors(world.line_world(line), seed)


async def _until_told(shop: Shop) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await shop.run(stop)
    if shop.lost:
        stack.down(settings().home)


if __name__ == "__main__":
    main()
