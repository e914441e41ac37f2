"""The page of results."""

from collections import defaultdict
from pathlib import Path

from .plan import EVERY, KILLED, KILLS

HEAD = """# Chaos

`python -m tests.chaos --seed {seed}` and the same with `--postgres`: **{kills} kills and {others} other faults**;
{missed} more came too late to hit anything and were tried again. {wrong} of them found something wrong.
After each one: every epoch of the ledger once and in order, its chain sound, the registry shows the ledger, its inputs give
its decisions again, no request without an answer while the router's parent lived; after every tenth,
every acknowledged answer and outcome is in the log, and no exposure twice. Visitors send outcomes late,
twice and out of order all the time. Airflow, which starts the steps, is played by the loop.

| killed | to be done | times |
|---|---|---|
{killed}

| fault | to be done | hit | on PostgreSQL | something was wrong | seconds, median |
|---|---|---|---|---|---|
"""


def write_page(path: Path, done: list[dict], seed: int) -> None:
    """Write what was seen of each kind, and every single thing that was wrong."""
    by_kind = defaultdict(list)
    for found in done:
        by_kind[found["kind"]].append(found)
    hit = {kind: sum(f["hit"] for f in found) for kind, found in by_kind.items()}
    rows = [_row(kind, by_kind.get(kind, [])) for kind in sorted(EVERY)]
    killed = [
        f"| {who} | {sum(KILLS[kind] for kind in kinds)} | {sum(hit.get(kind, 0) for kind in kinds)} |"
        for who, kinds in KILLED.items()
    ]
    kills = sum(hit.get(kind, 0) for kind in KILLS)
    wrong = [f"- {f['number']} {f['kind']}: {w}" for f in done for w in f["wrong"]]
    text = HEAD.format(
        seed=seed,
        kills=kills,
        others=sum(hit.values()) - kills,
        missed=len(done) - sum(hit.values()),
        wrong=sum(bool(f["wrong"]) for f in done),
        killed="\n".join(killed),
    )
    text += "\n".join(rows) + "\n"
    path.write_text(text + ("\n## What was wrong\n\n" + "\n".join(wrong) + "\n" if wrong else ""))


def _row(kind: str, found: list[dict]) -> str:
    hit = [f for f in found if f["hit"]]
    on = sum(f["postgres"] for f in hit)
    took = f"{sorted(f['s'] for f in found)[len(found) // 2]:.0f}" if found else ""
    wrong = sum(bool(f["wrong"]) for f in found)
    return f"| {kind} | {EVERY[kind]} | {len(hit)} | {on} | {wrong} | {took} |"
