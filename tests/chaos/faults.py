"""What goes wrong, by kind. Each does its harm, mends what a supervisor would mend, and says what it did."""

import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from . import child, crash, steps
from .world import World

SERVERS = {"guard": {crash.ANY: 3000, crash.WIRE: 60}, "seal": {crash.ANY: 20_000, crash.WIRE: 200}}
"""Calls in a server's place within which it dies: early ones as often as late ones, on a scale of powers."""


def step_dies(world: World, rng: random.Random, kind: str, step, *words) -> str | None:
    """Kill a step at any call of a place; None where it ended before, as the first one of a place does.

    That one is counted: the next ones die evenly over its calls.
    """
    place, of = "look" if kind == "approval" else kind, rng.choice((crash.ANY, crash.WIRE))
    calls = world.called[kind].get(of, 0)
    at = rng.randint(1, calls) if calls else sys.maxsize
    crash.write(place, of, at)
    ended = world.run(step, *words)
    crash.withdraw()
    if ended.killed:
        return f"killed at call {at} of {calls} ({of}) in {place}"
    known = world.called[kind]  # the fewest: a step with little to do ends before the rest
    world.called[kind] = {name: min(n, known.get(name, n)) for name, n in ended.called.items()}
    return None


def offer_dies(world: World, rng: random.Random, kind: str) -> str | None:
    """Kill who offers a new version anywhere in a place, and let it be offered again."""
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
    time.sleep(rng.random() * world.lasts_s(step))
    if kind == "worker":
        with suppress(ProcessLookupError):
            os.kill(world.router_worker(), signal.SIGKILL)
    elif kind == "router":
        world.router_parent_dies()
    elif kind == "database":
        world.database_dies(rng)
    else:
        world.registry_dies()
        world.registry_is_back()
    os.waitpid(beside, 0)
    return f"killed while a step was under way ({answer.read_text()[:80]})"


def server_dies(world: World, rng: random.Random, step, *words) -> str | None:
    """The registry's server anywhere in its guard, while a step asks it for something."""
    died = _server_is_to_die("guard", rng)
    for _ in range(3):
        ended = world.run(step, *words)
        if died.exists():
            break
    crash.withdraw()
    world.registry_is_back()
    if not died.exists():
        return None
    return f"the server died: {_said(died)}; the step: {(ended.error or 'went on')[:120]}"


def approval_dies(world: World, rng: random.Random) -> str | None:
    """Who takes the review, or who acts on it: the server, or the look that promotes."""
    url, word = world.desk.url, world.desk.words["rita"]
    if rng.random() < 0.5:
        return server_dies(world, rng, steps.review, url, word)
    world.sure(steps.review, url, word)
    return step_dies(world, rng, "approval", steps.look)


def seal_dies(world: World, rng: random.Random) -> str | None:
    """A router's worker anywhere in what writes and seals the log; visitors bring it there."""
    died = _server_is_to_die("seal", rng)
    world.router.wait(died.exists)
    return f"a worker died while it wrote or sealed: {_said(died)}"


def _server_is_to_die(place: str, rng: random.Random) -> Path:
    of = rng.choice((crash.ANY, crash.WIRE))
    return crash.write(place, of, int(SERVERS[place][of] ** rng.random()))


def _said(died: Path) -> str:
    """Where a server died, in its own words."""
    return died.read_text()[:90]


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
        for _ in world.an_hour():
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
