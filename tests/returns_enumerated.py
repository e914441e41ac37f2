"""Every state of a line x every combination of failing parts x who returns: one attempt at a time."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from importlib import import_module
from itertools import product
from pathlib import Path
from unittest.mock import patch

import returns_kit as kit
from slipway.domain.release import Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates import gates_for
from slipway.release import machine, transitions
from slipway.release.ledger import Ledger
from slipway.settings import settings
from slipway.steps import publish, release, returns
from slipway.steps.rollback import roll_back

HISTORIES = kit.histories()
LEDGER = ("", "away", "full", "behind")
REGISTRY = ("", "away", "keys lost")
FOLDER = ("", "not writable", "damaged")
CLOCK = ("right", "back", "gone")
KEPT = ("", "damaged")
CASES = tuple(product(LEDGER, REGISTRY, FOLDER, CLOCK, KEPT))
REVIEW = ("", "approved", "forged", "no key")
EVIDENCE = ("", "forgotten", "store away")
REVIEWS = tuple(product(REVIEW, EVIDENCE))
"""What the reviewer's side is like: each combination of failing parts meets each of these in some state."""
WHO = ("person", "harm")


@contextmanager
def places():
    """A folder, in memory where there is one, with two ledgers of every history: whole, and older."""
    shared = Path("/dev/shm")
    within = shared if os.access(shared, os.W_OK) else None
    declarations = import_module("slipway.lines.declarations")
    installed = tuple(declarations._installed())  # no package comes or goes while returns are tried
    with (
        tempfile.TemporaryDirectory(dir=within) as made,
        patch.object(declarations, "_installed", lambda: iter(installed)),
    ):
        folder = Path(made)
        empty = folder / "empty.db"
        Ledger(f"sqlite:///{empty}")
        for place, (rows, _) in enumerate(HISTORIES.values()):
            for path, end in zip(_ledgers(folder, place), (len(rows), -2), strict=True):
                shutil.copyfile(empty, path)
                ledger = Ledger(f"sqlite:///{path}")
                for row in rows[:end]:
                    ledger.append(row)
        yield folder


def _ledgers(folder, place):
    return folder / f"{place}.db", folder / f"{place}-older.db"


def review_of(name, who, case):
    """The reviewer's side of an attempt: with each state another one meets the same failing parts."""
    state = 2 * list(HISTORIES).index(name) + WHO.index(who)
    return REVIEWS[(state + CASES.index(case) // 7) % len(REVIEWS)]


def attempt(folder, monkeypatch, name, who, case, review=None):
    """One return, in one state, with some parts failing; asserts that it reaches every process.

    Returns whether the order could be written anywhere; where it could not, that is said.
    """
    review = review or review_of(name, who, case)
    place, (_, champion) = list(HISTORIES).index(name), HISTORIES[name]
    shutil.rmtree(folder / "world", ignore_errors=True)
    world = kit.World(folder / "world", monkeypatch, *_ledgers(folder, place))
    try:
        return _attempt(world, who, case, review, champion=champion)
    finally:
        settings.cache_clear()


def _attempt(world, who, case, review, *, champion):
    state = world.ledger.state("feed")
    version = state.champion if champion else state.candidate.version
    world.reviewed(version, *review)
    act = _person(champion) if who == "person" else _harm(world, state, champion)
    assert all(version in served.versions for served in world.poll())
    world.break_parts(*case)
    ledger, registry, place, *_ = case
    known = ledger != "behind" or _stands(world, version)
    told = _done(act)
    ways = (ledger in {"", "behind"} and known, registry != "away", place != "not writable")
    if not any(ways):
        assert isinstance(told, returns.ReturnFailed), (case, told)
        return False
    refused = registry == "keys lost" and isinstance(told, returns.ReturnIncomplete)
    assert (told is None) == (all(ways) and not ledger) or refused, (case, told)
    for served in (*world.poll(), *world.restart()):
        assert version not in served.versions, case
    _later(world, ledger, version)
    return True


def _person(champion):
    return lambda: roll_back("feed", "wrong films", actor="ops", champion=champion)


def _harm(world, state, champion):
    """The step that the last look decided, before parts failed."""
    if champion:
        who = returns.promoted(world.ledger.transitions("feed"), state.champion)
        back = machine.Return(Stage.RETURNED, "harm")
        step = transitions.return_champion(state, who, back, now=world.clock, actor="watch_feed")
    else:
        seen = {"line": "feed", "epoch": state.epoch, "now": world.clock.isoformat()}
        step = Transition.from_dict(release.decide(seen, _harmful(state)))
    order = returns.order_of(step)
    return lambda: returns.take_off(order, returns.record_step(step))


def _harmful(state):
    """A panel in which one gate proves harm."""
    gates = gates_for(state.candidate.stage, has_champion=state.champion is not None)
    bad = Verdict(gates[0], Conclusion.FAIL, "harm").to_dict()
    return [bad, *(Verdict(gate, Conclusion.PASS, "fine").to_dict() for gate in gates[1:])]


def _stands(world, version):
    state = world.ledger.state("feed")
    return version in {state.champion, state.candidate and state.candidate.version}


def _done(act):
    """What an act raised, or nothing."""
    try:
        act()
    except Exception as error:  # noqa: BLE001 - of any kind: it is asked what it was
        return error
    return None


def _later(world, ledger, version):
    """The next look tells the rest: ledger and registry hold it, and no process serves it again."""
    world.mend()
    returns.finish("feed")
    returns.finish_registry("feed")
    _done(lambda: publish.show_return("feed"))
    if ledger != "behind":
        state = world.ledger.state("feed")
        assert version not in {state.champion, state.candidate and state.candidate.version}
        assert version not in {kit.shown(world.rest)[of] for of in ("champion", "candidate")}
    for served in (*world.poll(), *world.restart()):
        assert version not in served.versions
