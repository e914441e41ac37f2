"""What goes wrong, by kind. Each does its harm, mends what a supervisor would mend, and says what it did."""

import os
import random
import signal
import time
from datetime import timedelta

import router_kit
import waits

from . import child, crash, steps
from .world import World

KILLS = {
    "append": 15, "project": 15, "seal": 20, "approval": 12, "evidence": 20, "look": 20,
    "worker": 22, "router": 22, "registry": 22, "guard": 12, "register": 22,
}  # fmt: skip
OUTAGES = {"registry away": 3, "artifacts away": 3, "database away": 3}
OTHERS = {
    "clock forth": 3, "clock back": 3, "two reconcilers": 8, "two routers": 2, "take back": 6,
    "disk full": 3,
}  # fmt: skip

ROOMS = {
    "append": "slipway/release/ledger",
    "project": "slipway/registry/projection",
    "seal": "slipway/data/log",
    "evidence": "slipway/steps/evidence",
    "look": "slipway/steps/",
    "guard": "slipway/registry/server/",
    "register": "slipway/registry/re",
}
AWAY_H = 1.0


def schedule(seed: int) -> list[str]:
    """The kinds in a fixed random order; approvals wait for their time (see the loop)."""
    every = KILLS | OUTAGES | OTHERS
    kinds = [kind for kind, times in every.items() for _ in range(times)]
    random.Random(seed).shuffle(kinds)
    return kinds


def step_dies(world: World, rng: random.Random, room: str, step, *words) -> str | None:
    """Kill a step at a line of a room; None where it ended before."""
    crash.write(room, 1 << 40)
    ended = world.run(step, *words)  # once whole, to know how many lines there are
    crash.withdraw()
    if ended.error:
        return f"raised {ended.error[:160]}"
    if not ended.lines:
        return None
    at = rng.randint(1, ended.lines)
    crash.write(room, at)
    killed = world.run(step, *words).killed
    crash.withdraw()
    return f"killed at line {at} of {ended.lines} executed in {room}" if killed else None


def offer_dies(world: World, rng: random.Random, room: str) -> str | None:
    """Kill who offers a new version at a line of a room, and let it be offered again."""
    world.number += 1
    at = int(rng.triangular(1, 260, 40)) if room == ROOMS["append"] else rng.randint(1, 400)
    crash.write(room, at)
    killed = world.run(steps.offer, world.number).killed
    crash.withdraw()
    world.sure(steps.offer, world.number)
    return f"killed at line {at} in {room} while offering" if killed else None


def process_dies(world: World, rng: random.Random, kind: str) -> str:
    """Kill a server at any time while a step is under way."""
    answer = world.home / "beside.json"
    beside = child.start(world.home, steps.look, answer=answer)
    time.sleep(rng.random() * 1.5)
    if kind == "worker":
        os.kill(world.router_worker(), signal.SIGKILL)
    elif kind == "router":
        world.router_parent_dies()
    else:
        world.registry_dies()
        time.sleep(rng.random())
        world.registry_is_back()
    os.waitpid(beside, 0)
    return f"killed while a look was under way ({answer.read_text()[:80]})"


def server_dies(world: World, rng: random.Random, step, *words) -> str | None:
    """The registry's server at a line of its guard, while a step asks it for something."""
    died = crash.write(ROOMS["guard"], rng.randint(1, 300))
    for _ in range(6):
        ended = world.run(step, *words)
        if died.exists():
            break
    crash.withdraw()
    world.registry_is_back()
    return (
        f"the server died; the step: {(ended.error or 'went on')[:120]}" if died.exists() else None
    )


def seal_dies(world: World, rng: random.Random) -> str | None:
    """A router's worker at a line of what writes and seals the log."""
    died = crash.write(ROOMS["seal"], rng.randint(1, 4000))
    until = time.monotonic() + 60
    while not died.exists() and time.monotonic() < until:
        time.sleep(0.05)
    crash.withdraw()
    return "a worker died while it wrote or sealed" if died.exists() else None


def two_reconcilers(world: World) -> str:
    """Two looks at the same time."""
    answers = [world.home / f"both-{k}.json" for k in range(2)]
    numbers = [child.start(world.home, steps.look, answer=answer) for answer in answers]
    for number in numbers:
        os.waitpid(number, 0)
    return " | ".join(answer.read_text()[:90] for answer in answers)


def registry_away(world: World) -> str:
    """No registry for an hour, in which looks go on."""
    world.registry_dies()
    said = []
    until = world.now + timedelta(hours=AWAY_H)
    while world.now < until:
        said.append(world.run(steps.look).error)
    world.registry_is_back()
    return f"{len(said)} looks without it, {sum(map(bool, said))} red: {said[-1][:120]}"


def artifacts_away(world: World) -> str:
    """No artifact store for an hour."""
    folder = world.home / "registry" / "artifacts"
    gone = folder.with_name("artifacts-gone")
    folder.rename(gone)
    until, said = world.now + timedelta(hours=AWAY_H), []
    while world.now < until:
        said.append(world.run(steps.look).error)
    for path in folder.rglob("*") if folder.exists() else ():
        if path.is_file():  # what was written meanwhile is kept
            target = gone / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
    if folder.exists():
        folder.rename(folder.with_name(f"artifacts-empty-{time.time():.0f}"))
    gone.rename(folder)
    return f"{len(said)} looks without it, {sum(map(bool, said))} red"


def clock_moves(world: World, hours: float) -> str:
    """Everybody's clock jumps."""
    world.set_clock(world.now + timedelta(hours=hours))
    ended = world.run(steps.look)
    if hours < 0:  # looks are red until it has caught up; somebody sets it right
        world.set_clock(world.now - timedelta(hours=hours))
    return f"{hours:+g} h; the look: {ended.error[:120] or 'went on'}"


def database_away(world: World) -> str | None:
    """No ledger for an hour; only where it is on PostgreSQL."""
    if world.database is None:
        return None
    world.database.kill()
    until, said = world.now + timedelta(hours=AWAY_H), []
    while world.now < until:
        said.append(world.run(steps.look).error)
    world.database.start()
    return f"{len(said)} looks without it, {sum(map(bool, said))} red: {said[-1][:120]}"


def disk_full(world: World) -> str | None:
    """The log's disk is full for an hour; visitors are answered all the same."""
    world.stop_router()  # the folder is moved to a small disk
    began = time.time()
    if why := world.disk_fills():
        world.start_router()
        return f"not tried: {why}"
    world.start_router()
    world.down.append((began - 2, time.time() + 1))
    ready = world.router.http.get("/readyz").text[:100]
    until, said = world.now + timedelta(hours=AWAY_H), []
    while world.now < until:
        said.append(world.run(steps.look).error)
    began = time.time()
    world.stop_router()
    world.disk_is_free()
    world.start_router()
    world.down.append((began - 2, time.time() + 1))
    return f"readyz {ready}; {len(said)} looks, {sum(map(bool, said))} red"


def two_routers(world: World) -> str:
    """A second router on the same folder answers for an hour, beside the first one."""
    other = world.router_on(router_kit.free_port())
    try:
        other.wait_ready()
        until, n = world.now + timedelta(hours=AWAY_H), 0
        while world.now < until:
            other.rank(user=f"second-{n}")
            n += 1
    finally:
        waits.stop(other.process, other.log)
    return f"{n} answers of the second"
