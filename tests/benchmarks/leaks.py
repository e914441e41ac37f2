"""Detection and false alarms of the leak probes: planted kinds, clean tables, known real leaks.

Run ``python tests/benchmarks/leaks.py [--plants 200] [--data FOLDER]``. Of each kind at least as many
leaks of each strength are planted as ``--plants`` says, each into a table drawn anew (seeds are
fixed); with a folder of data real tables are planted in and audited, too. ``leaks.md`` beside this
file is written again. Exit code 1 where a goal is missed.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

sys.path += [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import declared_plants
import numpy as np
from audit_kit import audited
from leak_plants import PLANTS, STRENGTHS
from leak_tables import MENDED_BY, TUNED_ON, clean, names
from rich.progress import track

HERE = Path(__file__)
GOALS = {"blatant": 0.99, "moderate": 0.90, "faint": 0.0}
MOST_FALSE = 0.01


class Task(NamedTuple):
    """One audit: a plant (or "" for a clean table) in the table ``name`` of ``seed``."""

    kind: str
    plant: str
    strength: str
    name: str
    seed: int
    folder: Path | None


class Outcome(NamedTuple):
    """What one audit gave: found or not, wrongly accused columns, clean columns."""

    task: Task
    found: bool
    false: tuple[str, ...]
    columns: int


def tasks(plants: int, folder: Path | None) -> Iterator[Task]:
    """Clean tables, then every plant, tables in turn."""
    there = names(folder)
    for seed in range(-(-plants // len(there))):
        yield from (Task("", "", "clean", name, seed, folder) for name in there)
    for kind, ways in PLANTS.items():
        each = -(-plants // len(ways))
        for way in ways:
            for strength in STRENGTHS:
                for k in range(each):
                    name = there[k % len(there)]
                    yield Task(kind, way.__name__, strength, name, 1000 + k, folder)


def run(task: Task) -> Outcome:
    """Plant, audit, compare."""
    frame = clean(task.name, task.seed, task.folder).frame
    frame = frame.sort_values("at", kind="stable").reset_index(drop=True)
    if not task.plant:
        found = audited(frame)
        return Outcome(task, found=False, false=found.accused, columns=len(found.powers) + 1)
    words = f"{task.name} {task.plant} {task.strength}"
    rng = np.random.default_rng([task.seed, *words.encode()])
    way = next(w for w in PLANTS[task.kind] if w.__name__ == task.plant)
    leak = way(frame, task.strength, rng)
    found = audited(leak.frame, **leak.words)
    made = set(leak.frame.columns) - set(frame.columns)
    false = tuple(c for c in found.accused if c != leak.where and c not in made)
    clean_columns = len(set(found.powers) - made) + (leak.where != "")
    return Outcome(task, leak.where in found.accused, false, clean_columns)


def share(hits: int, of: int) -> str:
    """A share with its counts."""
    return f"{hits / of:.1%} ({hits}/{of})" if of else "-"


def detection(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Rows of the table of detection, and of false alarms beside the plant."""
    by: dict[tuple[str, str, str], list[Outcome]] = {}
    for o in outcomes:
        if o.task.plant:
            by.setdefault((o.task.kind, o.task.plant, o.task.strength), []).append(o)
    for kind, ways in PLANTS.items():
        for way in (*[w.__name__ for w in ways], ""):
            if not way and len(ways) == 1:
                continue
            cells = []
            parts = [
                o
                for key, some in by.items()
                if key[0] == kind and way in {"", key[1]}
                for o in some
            ]
            for strength in STRENGTHS:
                some = [o for o in parts if o.task.strength == strength]
                cells.append(share(sum(o.found for o in some), len(some)))
            false = share(sum(len(o.false) for o in parts), sum(o.columns for o in parts))
            yield f"| {kind} | {way or '**together**'} | {' | '.join(cells)} | {false} |"


def clean_rows(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """False alarms per column of clean tables, table by table; the whole table counts as one."""
    for name in dict.fromkeys(o.task.name for o in outcomes):
        some = [o for o in outcomes if o.task.name == name and not o.task.plant]
        who = Counter(column or "the table" for o in some for column in o.false)
        told = ", ".join(f"{column} {count}" for column, count in who.most_common(4))
        false = share(sum(len(o.false) for o in some), sum(o.columns for o in some))
        yield f"| {name} | {_role(name)} | {len(some)} | {false} | {told} |"


def _role(name: str) -> str:
    if name in TUNED_ON:
        return "tuned on"
    return "a threshold was changed after it" if name in MENDED_BY else "looked at afterwards"


def missed(outcomes: Sequence[Outcome]) -> list[str]:
    """Goals that were not reached."""
    found = []
    for kind in PLANTS:
        for strength, goal in GOALS.items():
            some = [o for o in outcomes if (o.task.kind, o.task.strength) == (kind, strength)]
            if some and sum(o.found for o in some) < goal * len(some):
                found.append(f"{kind} {strength}: {share(sum(o.found for o in some), len(some))}")
    alarms, columns = sum(len(o.false) for o in outcomes), sum(o.columns for o in outcomes)
    if alarms > MOST_FALSE * columns:
        found.append(f"false alarms: {share(alarms, columns)}")
    return found


def page(outcomes: Sequence[Outcome], declared: Sequence[str], plants: int) -> str:
    """The Markdown page."""
    ways = "\n".join(f"- `{w.__name__}` {w.__doc__}" for ways in PLANTS.values() for w in ways)
    alarms, columns = sum(len(o.false) for o in outcomes), sum(o.columns for o in outcomes)
    lines = [
        "# Planted leaks: what the probes find, and whom they accuse wrongly",
        "",
        (
            f"`python tests/benchmarks/leaks.py --plants {plants}`: seeds are fixed. Goals: ≥ 99 % of the"
            " blatant, ≥ 90 % of the moderate, ≤ 1 % false alarms per column. Found means graded SUSPECT or"
            f" LEAK. False alarms over all audits: {share(alarms, columns)}."
        ),
        "",
        "## From the table alone (`slipway audit`)",
        "",
        "| kind | plant | blatant | moderate | faint | false alarms per clean column |",
        "|---|---|---|---|---|---|",
        *detection(outcomes),
        "",
        "## Proven by declaration (the weekly run)",
        "",
        "| kind | plant | blatant | moderate | faint | false alarms |",
        "|---|---|---|---|---|---|",
        *declared,
        "",
        "## Clean tables",
        "",
        "| table | role | tables | false alarms per column | who |",
        "|---|---|---|---|---|",
        *clean_rows(outcomes),
        "",
        "## What was planted (blatant, moderate, faint)",
        "",
        ways,
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run everything and write the page."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--plants", type=int, default=200)
    asked.add_argument("--declared", type=int, default=200)
    asked.add_argument("--data", type=Path)
    asked.add_argument("--out", type=Path, default=HERE.with_suffix(".md"))
    asked.add_argument("--workers", type=int, default=os.cpu_count())
    given = asked.parse_args()
    todo = list(tasks(given.plants, given.data))
    with ProcessPoolExecutor(given.workers) as pool:
        done = pool.map(run, todo, chunksize=4)
        outcomes = list(track(done, "planting", total=len(todo)))
        ways = declared_plants.tasks(given.declared)
        proofs = list(track(pool.map(declared_plants.run, ways), "declared", total=len(ways)))
    given.out.write_text(page(outcomes, list(declared_plants.rows(proofs)), given.plants))
    failed = [*missed(outcomes), *declared_plants.missed(proofs)]
    print(given.out, *(f"missed {goal}" for goal in failed), sep="\n")  # noqa: T201 - a script's result
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
