"""How often each kind of fault is tried, and which one suits the moment."""

import random
from collections import Counter
from collections.abc import Sequence

KILLS = {
    "append": 20, "project": 20, "seal": 20, "approval": 14, "evidence": 12, "look": 25,
    "register": 12, "worker": 16, "router": 20, "registry": 14, "guard": 14, "database": 20,
}  # fmt: skip
"""Processes that are killed, by where: more than 200 in all."""
KILLED = {
    "a step of the release (Airflow's task)": ("append", "project", "evidence", "look", "register"),
    "a router's worker": ("worker", "seal"),
    "the router's parent": ("router",),
    "MLflow's server": ("registry", "guard"),
    "PostgreSQL": ("database",),
    "the server or the step of an approval": ("approval",),
}
CANARY, APPROVAL = " in a canary stage", " in approval"
AWAY = ("registry away", "artifacts away", "database away")
OUTAGES = {f"{what}{when}": 2 for what in AWAY for when in (CANARY, APPROVAL)}
OTHERS = {
    "clock forth": 3,
    "clock back": 3,
    "two reconcilers": 6,
    "two stacks": 2,
    "take back": 4,
    "disk full": 2,
    "disk slow": 2,
}
EVERY = KILLS | OUTAGES | OTHERS
SHOWN_AFTER = frozenset(("append", "project", "seal", "register", "worker", "router", "take back"))
"""Faults after which the ledger is shown, and no whole look is taken: that costs ten times as much."""
ON_POSTGRES = {kind for kind in EVERY if kind.startswith("database")}


def schedule(seed: int) -> list[str]:
    """Rounds in which each kind that is still to come is tried once, in an order of chance."""
    rng, kinds = random.Random(seed), []
    for turn in range(max(EVERY.values())):
        of_turn = [kind for kind, times in EVERY.items() if times > turn]
        rng.shuffle(of_turn)
        kinds += of_turn
    return kinds


def left(done: Sequence[dict], seed: int, only: set[str], *, postgres: bool) -> list[str]:
    """What is to come: a fault that hit nothing is tried again."""
    had = Counter(found["kind"] for found in done if found["hit"])
    kinds = []
    for kind in schedule(seed):
        had[kind] -= 1
        possible = postgres or kind not in ON_POSTGRES
        if had[kind] < 0 and possible and (not only or kind in only):
            kinds.append(kind)
    return kinds


def for_approval(kind: str) -> bool:
    """Whether a fault is one of the approval."""
    return kind == "approval" or kind.endswith(APPROVAL)


def choose(kinds: Sequence[str], stage: str | None) -> str | None:
    """The next fault that suits a candidate in ``stage``; None where the release must go on first.

    Faults of the approval come first where there is one, the approval itself last.
    """
    if stage == "approval":
        own = sorted((k for k in kinds if for_approval(k)), key="approval".__eq__)
        if own:
            return own[0]
    canary = stage is not None and stage.startswith("canary")
    fits = (k for k in kinds if not for_approval(k) and (canary or not k.endswith(CANARY)))
    return next(fits, None)
