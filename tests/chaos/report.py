"""The page of results."""

from collections import defaultdict
from pathlib import Path

HEAD = """# Chaos

`python -m tests.chaos --seed {seed}`: {hits} faults that hit, {missed} that came too late to hit anything and were tried again.
After each one: every epoch of the ledger once and in order, the registry shows the ledger, its inputs give
its decisions again, no request without an answer while the router's parent lived; after every tenth,
every acknowledged answer and outcome is in the log, and no exposure twice.

| fault | hit | something was wrong | seconds, median |
|---|---|---|---|
"""


def write_page(path: Path, done: list[dict], seed: int) -> None:
    """Write what was seen of each kind, and every single thing that was wrong."""
    by_kind = defaultdict(list)
    for found in done:
        by_kind[found["kind"]].append(found)
    rows = []
    for kind, all_of in sorted(by_kind.items()):
        hit = [f for f in all_of if f["hit"]]
        took = sorted(f["s"] for f in all_of)[len(all_of) // 2]
        rows.append(
            f"| {kind} | {len(hit)} | {sum(bool(f['wrong']) for f in all_of)} | {took:.0f} |"
        )
    hits = sum(f["hit"] for f in done)
    wrong = [f"- {f['number']} {f['kind']}: {w}" for f in done for w in f["wrong"]]
    text = HEAD.format(seed=seed, hits=hits, missed=len(done) - hits) + "\n".join(rows) + "\n"
    path.write_text(text + ("\n## What was wrong\n\n" + "\n".join(wrong) + "\n" if wrong else ""))
