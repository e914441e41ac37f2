"""``python -m tests.chaos [--seed N] [--postgres] [--record FILE] [--limit N] [--only KINDS] [--page]``."""

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from slipway.stack.waiting import Stalled

from . import checks, database, faults, outages, plan, servers, steps
from .report import write_page
from .world import World

HERE = Path(__file__).parent
CHECK_LOG_EVERY = 10
FAULTS_EACH = 50
"""Faults in one installation."""


def main() -> int:
    """Do one fault after the other; 0 where nothing was ever wrong."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended; the same command goes on"))
    asked = _asked()
    asked.record.parent.mkdir(parents=True, exist_ok=True)
    done = _done(asked.record)
    if not asked.page:
        _go_on(asked, done)
    write_page(HERE / "RESULTS.md", _done(asked.record), asked.seed)
    return int(any(found["wrong"] for found in _done(asked.record)))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--postgres", action="store_true", help="the ledger on PostgreSQL")
    parser.add_argument("--record", type=Path, default=Path(".bench/chaos.jsonl"))
    parser.add_argument("--limit", type=int, default=10**6, help="faults in this run")
    parser.add_argument("--only", default="", help="kinds, separated by commas")
    parser.add_argument("--page", action="store_true", help="write the page of what was done")
    return parser.parse_args()


def _go_on(asked: argparse.Namespace, done: list[dict]) -> None:
    """One installation after the other, each for some faults: also where one could not go on."""
    servers.load()
    _say(f"{len(done)} faults recorded")
    last = len(done) + asked.limit
    with database.running() if asked.postgres else nullcontext() as server:
        while _left(asked, done, server) and len(done) < last:
            if server:
                server.empty()
            _installation(asked, done, server, min(last, len(done) + FAULTS_EACH))


def _left(asked: argparse.Namespace, done: list[dict], server: database.Database | None) -> list:
    only = {kind.strip() for kind in asked.only.split(",") if kind}
    return plan.left(done, asked.seed, only, postgres=bool(server))


def _installation(
    asked: argparse.Namespace, done: list[dict], server: database.Database | None, last: int
) -> None:
    """Faults in an installation of their own, up to the ``last``, or one that it does not survive."""
    with (
        tempfile.TemporaryDirectory(prefix="slipway-chaos-", ignore_cleanup_errors=True) as folder,
        asked.record.open("a", encoding="utf-8") as out,
    ):
        world = World(Path(folder), asked.seed, server)
        world.number = len(done) * 3
        with world.open():
            while len(done) < last and (kinds := _left(asked, done, server)):
                found = _one(world, kinds, asked.seed, len(done) + 1)
                found |= {"number": len(done) + 1, "postgres": bool(server)}
                done.append(found)
                out.write(json.dumps(found) + "\n")
                out.flush()
                wrong = "; ".join(found["wrong"])
                _say(
                    f"{found['number']:4} {found['kind']:16} {found['s']:4.0f} s"
                    f" {found['did'][:110]}  {wrong or 'nothing wrong'}"
                )
                if found["over"]:
                    return


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _done(record: Path) -> list[dict]:
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


def _one(world: World, kinds: list[str], seed: int, number: int) -> dict:
    """Wait for a moment that suits a fault, do it, mend, and check everything."""
    began, after = time.time(), world.notes.stat().st_size
    kind, wrong, did, over = "none", [], None, False
    notes = str(world.notes)
    try:
        world.registry_is_back()  # also where the fault before went wrong
        kind = _suiting(world, kinds)
        if kind not in plan.SHOWN_AFTER:
            world.hour_may_pass()  # the look that comes has something to decide
        did = _inject(world, kind, random.Random(f"{seed}-{number}"))
        world.registry_is_back()
        world.sure(steps.show if kind in plan.SHOWN_AFTER else steps.look)
        found = world.sure(checks.everything, world.replayed, notes, after, world.down)
        wrong, world.replayed = found["wrong"], found["replayed"]
        world.router.wait_epoch(found["epoch"], poll_s=0.3)
    except AssertionError as error:
        wrong = [str(error)[:500]]
    except Stalled as error:
        wrong, over = [str(error)[:2000]], True
    if number % CHECK_LOG_EVERY == 0:
        wrong += world.sure(checks.log, str(world.home), notes, time.time() - 1)
    took = time.time() - began
    found = {"kind": kind, "did": did or "hit nothing", "hit": bool(did), "wrong": wrong, "s": took}
    return found | {"over": over}


def _suiting(world: World, kinds: list[str]) -> str:
    """The next kind of fault, once the release is where it makes sense."""
    while True:
        stands = world.sure(steps.stage)
        if stands["candidate"] is None:
            world.number += 1
            world.sure(steps.offer, world.number)
            world.sure(steps.look)
            continue
        kind = plan.choose(kinds, stands["stage"])
        if stands["stage"] == "approval" and not (kind and plan.for_approval(kind)):
            world.sure(steps.review, world.desk.url, world.desk.words["rita"])
        if kind is not None:
            return kind
        world.hour_is_seen()
        found = world.sure(steps.look)
        _say(f"     {stands['stage']}: {found['reason'][:120]}")


def _inject(world: World, kind: str, rng: random.Random) -> str | None:
    """Do it; None where it hit nothing."""
    what = kind.removesuffix(plan.CANARY).removesuffix(plan.APPROVAL)
    did = {
        **dict.fromkeys(("append", "register"), lambda: faults.offer_dies(world, rng, kind)),
        **dict.fromkeys(
            ("evidence", "look"), lambda: faults.step_dies(world, rng, kind, steps.look)
        ),
        "project": lambda: faults.projection_dies(world, rng),
        **dict.fromkeys(
            ("worker", "router", "registry", "database"),
            lambda: faults.process_dies(world, rng, kind),
        ),
        "approval": lambda: faults.approval_dies(world, rng),
        "guard": lambda: faults.server_dies(world, rng, steps.look),
        "seal": lambda: faults.seal_dies(world, rng),
        "two reconcilers": lambda: faults.two_reconcilers(world),
        "two stacks": lambda: faults.two_stacks(world),
        "clock forth": lambda: faults.clock_moves(world, 1.0),
        "clock back": lambda: faults.clock_moves(world, -1.0),
        "take back": lambda: world.sure(steps.take_back, "tried"),
        "registry away": lambda: outages.registry_away(world),
        "artifacts away": lambda: outages.artifacts_away(world),
        "database away": lambda: outages.database_away(world),
        "disk full": lambda: outages.disk_full(world),
        "disk slow": lambda: outages.disk_slow(world),
    }
    return did[what]()


if __name__ == "__main__":
    sys.exit(main())
