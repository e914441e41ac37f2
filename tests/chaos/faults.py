"""What goes wrong, by kind. Each does its harm, mends what a supervisor would mend, and says what it did."""

import os
import random
import signal
import time
from contextlib import suppress

from . import child, crash, steps
from .world import World

ROOMS = {
    "append": "slipway/release/ledger",
    "project": "slipway/registry/projection",
    "seal": "slipway/data/log",
    "evidence": "slipway/steps/evidence",
    "look": "slipway/steps/",
    "promote": "slipway/",
    "guard": "slipway/registry/server/",
    "register": "slipway/registry/re",
}
FIRST_GUESS = 20
"""How often a step is taken to be seen in a room before one was."""


def step_dies(world: World, rng: random.Random, kind: str, step, *words) -> str | None:
    """Kill a step anywhere in a room; None where it ended before."""
    room = ROOMS[kind]
    looks = world.looks[kind] or FIRST_GUESS
    at = rng.randint(1, looks)
    crash.write(room, at)
    ended = world.run(step, *words)
    crash.withdraw()
    if ended.killed:
        return f"killed {at} of {looks} looks into {room}"
    world.looks[kind] = ended.looks
    return None


def offer_dies(world: World, rng: random.Random, kind: str) -> str | None:
    """Kill who offers a new version anywhere in a room, and let it be offered again."""
    world.number += 1
    did = step_dies(world, rng, kind, steps.offer, world.number)
    world.sure(steps.offer, world.number)
    return f"{did} while offering" if did else None


def projection_dies(world: World, rng: random.Random) -> str | None:
    """Kill who shows the registry a step that the ledger has just taken."""
    world.number += 1
    world.sure(steps.offer, world.number)
    return step_dies(world, rng, "project", steps.show)


def process_dies(world: World, rng: random.Random, kind: str) -> str:
    """Kill a server at any time while a step is under way."""
    answer = world.home / "beside.json"
    answer.unlink(missing_ok=True)
    step = steps.show if kind in {"worker", "router"} else steps.look
    beside = child.start(world.home, step, answer=answer)
    time.sleep(rng.random() * 1.5)
    if kind == "worker":
        with suppress(ProcessLookupError):
            os.kill(world.router_worker(), signal.SIGKILL)
    elif kind == "router":
        world.router_parent_dies()
    elif kind == "database":
        world.database_dies(rng)
    else:
        world.registry_dies()
        time.sleep(rng.random())
        world.registry_is_back()
    os.waitpid(beside, 0)
    return f"killed while a step was under way ({answer.read_text()[:80]})"


def server_dies(world: World, rng: random.Random, step, *words) -> str | None:
    """The registry's server anywhere in its guard, while a step asks it for something."""
    died = crash.write(ROOMS["guard"], rng.randint(1, 12))
    for _ in range(3):
        ended = world.run(step, *words)
        if died.exists():
            break
    crash.withdraw()
    world.registry_is_back()
    return (
        f"the server died; the step: {(ended.error or 'went on')[:120]}" if died.exists() else None
    )


def approval_dies(world: World, rng: random.Random) -> str | None:
    """Who takes the review, or who acts on it: the server, or the look that promotes."""
    url, word = world.desk.url, world.desk.words["rita"]
    if rng.random() < 0.5:
        return server_dies(world, rng, steps.review, url, word)
    world.sure(steps.review, url, word)
    return step_dies(world, rng, "promote", steps.look)


def seal_dies(world: World, rng: random.Random) -> str | None:
    """A router's worker anywhere in what writes and seals the log."""
    died = crash.write(ROOMS["seal"], rng.randint(1, 40))
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


def two_stacks(world: World) -> str:
    """A second registry, router and reconciler on the same folder, for an hour beside the first ones."""
    with world.second_stack() as other:
        looks = n = 0
        until = world.hour_later()
        while not n or world.now < until:
            answers = [world.home / f"stack-{k}.json" for k in range(2)]
            numbers = [child.start(world.home, steps.look, answer=answers[0])]
            with other.addresses():
                numbers.append(child.start(world.home, steps.look, answer=answers[1]))
            for number in numbers:
                os.waitpid(number, 0)
            other.router.rank(user=f"second-{n}")
            looks, n = looks + 2, n + 1
    return f"{looks} looks of two reconcilers, {n} answers of the second router"


def clock_moves(world: World, hours: float) -> str:
    """Everybody's clock jumps."""
    world.move_clock(hours)
    ended = world.run(steps.look)
    if hours < 0:  # looks are red until it has caught up; somebody sets it right
        world.move_clock(-hours)
    return f"{hours:+g} h; the look: {ended.error[:120] or 'went on'}"
