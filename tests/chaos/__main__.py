"""``python -m tests.chaos [--seed N] [--postgres] [--home FOLDER] [--limit N]``."""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

from . import checks, database, faults, steps
from .report import write_page
from .world import World

HERE = Path(__file__).parent
CHECK_LOG_EVERY = 10


def main() -> int:
    """Do one fault after the other; 0 where nothing was ever wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--postgres", action="store_true", help="the ledger on PostgreSQL")
    parser.add_argument("--record", type=Path, default=Path(".bench/chaos.jsonl"))
    parser.add_argument("--limit", type=int, default=10**6, help="faults in this run")
    parser.add_argument("--only", default="", help="kinds, separated by commas")
    asked = parser.parse_args()
    asked.record.parent.mkdir(parents=True, exist_ok=True)
    kinds = faults.schedule(asked.seed)
    done = _done(asked.record)
    only = {kind.strip() for kind in asked.only.split(",") if kind}
    left = [k for k in _left(kinds, done) if not only or k in only][: asked.limit]
    _say(f"{len(done)} faults recorded, {len(left)} to come")
    with tempfile.TemporaryDirectory(prefix="slipway-chaos-") as folder, _postgres(asked) as server:
        world = World(Path(folder), asked.seed, server)
        world.number = sum(1 for _ in done) * 3
        with world.open(), asked.record.open("a", encoding="utf-8") as out:
            for number, kind in enumerate(left, len(done) + 1):
                found = _one(world, kind, random.Random(f"{asked.seed}-{number}"), number)
                found |= {"kind": kind, "number": number, "postgres": bool(server)}
                out.write(json.dumps(found) + "\n")
                out.flush()
                wrong = "; ".join(found["wrong"])
                _say(f"{number:4} {kind:16} {found['did'][:110]}  {wrong or 'nothing wrong'}")
    write_page(HERE / "RESULTS.md", _done(asked.record), asked.seed)
    return int(any(found["wrong"] for found in _done(asked.record)))


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _done(record: Path) -> list[dict]:
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


def _left(kinds: list[str], done: list[dict]) -> list[str]:
    """What is to come: a fault that hit nothing is tried again."""
    had = Counter(found["kind"] for found in done if found["hit"])
    left = []
    for kind in kinds:
        had[kind] -= 1
        if had[kind] < 0:
            left.append(kind)
    return left


def _postgres(asked: argparse.Namespace):
    if not asked.postgres:
        return nullcontext(None)
    return database.running()


def _one(world: World, kind: str, rng: random.Random, number: int) -> dict:
    """Bring the release to where the fault makes sense, do it, mend, and check everything."""
    began, wrong = time.time(), []
    try:
        _prepare(world, kind)
        did = _inject(world, kind, rng)
        world.registry_is_back()
        world.sure(steps.look)
        world.router.wait_epoch(world.sure(steps.stage)["epoch"])
    except AssertionError as error:
        did, wrong = "", [str(error)[:500]]
    for check in (checks.ledger, checks.registry, checks.replay):
        wrong += world.sure(check)
    notes = str(world.notes)
    if number % CHECK_LOG_EVERY == 0:
        wrong += world.sure(checks.log, str(world.home), notes, time.time() - 1)
    wrong += world.sure(checks.answers, notes, world.down, began)
    return {"did": did or "hit nothing", "hit": bool(did), "wrong": wrong, "s": time.time() - began}


def _prepare(world: World, kind: str) -> None:
    """A candidate is on its way; for an approval it waits for its reviewer."""
    stands = world.sure(steps.stage)
    if stands["candidate"] is None:
        world.number += 1
        world.sure(steps.offer, world.number)
        world.sure(steps.look)
    if kind == "append" and stands["candidate"]:
        world.sure(steps.take_back, "to make room")
    if kind != "approval":
        if stands["stage"] == "approval":
            world.sure(steps.review, world.desk.url, world.desk.words["rita"])
        return
    reason = ""
    while (stands := world.sure(steps.stage))["stage"] != "approval":
        if stands["candidate"] is None:
            raise AssertionError(f"the candidate left before its approval: {reason}")
        found = world.sure(steps.look)
        if found["reason"] != reason:
            reason = found["reason"]
            _say(f"     {stands['stage']}: {reason[:150]}")
        world.sleep(1.0)


def _inject(world: World, kind: str, rng: random.Random) -> str | None:
    """Do it; None where it hit nothing."""
    rooms = faults.ROOMS
    url, word = world.desk.url, world.desk.words["rita"]
    did = {
        **dict.fromkeys(("append", "register"), lambda: faults.offer_dies(world, rng, rooms[kind])),
        **dict.fromkeys(
            ("project", "evidence", "look"),
            lambda: faults.step_dies(world, rng, rooms[kind], steps.look),
        ),
        **dict.fromkeys(
            ("worker", "router", "registry"), lambda: faults.process_dies(world, rng, kind)
        ),
        "approval": lambda: faults.server_dies(world, rng, steps.review, url, word),
        "guard": lambda: faults.server_dies(world, rng, steps.look),
        "seal": lambda: faults.seal_dies(world, rng),
        "two reconcilers": lambda: faults.two_reconcilers(world),
        "two routers": lambda: faults.two_routers(world),
        "registry away": lambda: faults.registry_away(world),
        "artifacts away": lambda: faults.artifacts_away(world),
        "database away": lambda: faults.database_away(world),
        "disk full": lambda: faults.disk_full(world),
        "clock forth": lambda: faults.clock_moves(world, 1.0),
        "clock back": lambda: faults.clock_moves(world, -1.0),
        "take back": lambda: world.sure(steps.take_back, "tried"),
    }
    return did[kind]()


if __name__ == "__main__":
    sys.exit(main())
