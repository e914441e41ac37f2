"""Detection and false alarms of the leak probes: planted kinds, clean tables, known real leaks.

``python tests/benchmarks/leaks.py [--plants 200] [--data FOLDER] [--seconds 540]``

Of each kind at least as many leaks are planted as ``--plants`` says, blatant and moderate (and a
quarter as many faint ones), each into a table drawn afresh (seeds are fixed); with a folder of data real tables are planted in and audited, too.
What is done is kept in ``.bench``, under the digest of the code that did it, so that a long run may
be made in pieces of ``--seconds``; seeds go round by round, so that every piece holds all kinds.
``leaks.md`` beside this file is written when all is done. Exit code 1 where a goal is missed.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path += [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import declared_plants
import leak_real
import numpy as np
from audit_kit import audited
from leak_page import EVERY, GOALS, Outcome, missed, page
from leak_plants import STRENGTHS
from leak_tables import clean, names
from rich.progress import track

FIRST_SEED = 20_000
"""Most thresholds were set on seeds below; the page names those that were not."""


GOALED = tuple(strength for strength, goal in GOALS.items() if goal)
FAINT_EVERY = 4
"""Plants for one that is planted faintly, too: no goal speaks of those."""


class Task(NamedTuple):
    """One audit: a plant (or "" for a clean table) in the table ``table`` of ``seed``."""

    plant: str
    strength: str
    table: str
    seed: int


def tasks(plants: int, tables: Sequence[str], only: str = "") -> list[Task]:
    """Every plant of every strength (of ``only`` one kind) and every clean table, in rounds; tables in turn."""
    found = []
    for kind, ways in EVERY.items():
        if only and kind not in only.split(","):
            continue
        each = -(-plants // len(ways))
        # 0 .. 1 over the rounds, so that ways of a kind come equally far
        for at, way in enumerate(ways):
            for k in range(each):
                table, seed = tables[(k + at) % len(tables)], FIRST_SEED + k
                planted = STRENGTHS if k % FAINT_EVERY == 0 else GOALED
                found += [(k / each, Task(way.__name__, s, table, seed)) for s in planted]
    each = -(-plants // len(tables))
    found += [(k / each, Task("", "", t, FIRST_SEED + k)) for t in tables for k in range(each)]
    return [task for _, task in sorted(found, key=lambda pair: pair[0])]


def run(task: Task, folder: Path | None) -> Outcome:
    """Plant, audit, compare."""
    frame = clean(task.table, task.seed, folder).frame
    frame = frame.sort_values("at", kind="stable").reset_index(drop=True)
    if not task.plant:
        found = audited(frame)
        return Outcome(*task, found=False, false=found.accused, columns=len(found.powers) + 1)
    rng = np.random.default_rng([task.seed, *f"{task.table} {task.plant} {task.strength}".encode()])
    way = next(w for ways in EVERY.values() for w in ways if w.__name__ == task.plant)
    leak = way(frame, task.strength, rng)
    found = audited(leak.frame, **leak.words)
    made = set(leak.frame.columns) - set(frame.columns)
    false = tuple(c for c in found.accused if c != leak.where and c not in made)
    columns = len(set(found.powers) - made) + (leak.where != "")
    hit = leak.where in found.accused or (leak.noted and bool(found.of(leak.where)))
    return Outcome(*task, hit, false, columns)


AUDITS = (
    "pipeline/slipway/audit/*.py",
    "pipeline/slipway/stats/*.py",
    "tests/leak_*.py",
    "tests/audit_kit.py",
)
PROOFS = (
    "pipeline/**/*.py",
    "tests/declared_plants.py",
    "tests/leak_planting.py",
    "tests/log_kit.py",
    "tests/proof_kit.py",
)


def kept_in(what: str, patterns: Sequence[str]) -> Path:
    """The file of what is done, another one for other code."""
    root = Path(__file__).parents[2]
    code = sorted(path for pattern in patterns for path in root.glob(pattern))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest()
    folder = root / ".bench"
    folder.mkdir(exist_ok=True)
    return folder / f"{what}-{digest[:12]}.jsonl"


def carry_on(
    path: Path,
    todo: Sequence[Any],
    run: Callable[[Any], Any],
    read: Callable[..., tuple[Any, Any]],
    end: float,
) -> Iterator[Any]:
    """Run what is not done yet until ``end`` (monotonic seconds), and keep it; all that is done.

    ``read`` gives a task and its outcome back from the fields that were kept.
    """
    lines = path.read_text().splitlines() if path.is_file() else []
    done = dict(read(**json.loads(line)) for line in lines)
    yield from (done[task] for task in todo if task in done)
    with path.open("a") as file:
        for task in track([task for task in todo if task not in done], path.name):
            if time.monotonic() > end:
                break
            outcome = run(task)
            file.write(json.dumps(outcome._asdict()) + "\n")
            yield outcome


def audit_of(**kept: Any) -> tuple[Task, Outcome]:
    """An audit that was kept."""
    found = Outcome(**kept)
    return Task(*found[:4]), found._replace(false=tuple(found.false))


def proof_of(
    task: Sequence[Any], **kept: Any
) -> tuple[declared_plants.Task, declared_plants.Proof]:
    """A proof that was kept."""
    of = declared_plants.Task(*task)
    return of, declared_plants.Proof(of, **kept)


def main() -> None:
    """Run a piece and write the page."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--plants", type=int, default=200)
    asked.add_argument("--declared", type=int, default=200, help="proofs of each kind and strength")
    asked.add_argument("--data", type=Path)
    asked.add_argument("--only", default="", help="kinds, with commas between them")
    asked.add_argument("--seconds", type=float, default=float("inf"))
    asked.add_argument("--page", action="store_true", help="write the page of a part, too")
    asked.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    given = asked.parse_args()
    todo, proving = (
        tasks(given.plants, names(given.data), given.only),
        declared_plants.tasks(given.declared),
    )
    end = time.monotonic() + given.seconds
    proven = carry_on(kept_in("proofs", PROOFS), proving, declared_plants.run, proof_of, end)
    proofs = list(proven)
    work = partial(run, folder=given.data)
    outcomes = list(carry_on(kept_in("leaks", AUDITS), todo, work, audit_of, end))
    done, planned = len(outcomes) + len(proofs), len(todo) + len(proving)
    if done < planned and not given.page:
        print(f"{done:,} of {planned:,} audits and proofs; run it again")  # as below
        return
    real = [leak_real.told(name, given.data) for name in leak_real.REAL] if given.data else []
    given.out.write_text(page(outcomes, proofs, real, len(todo)))
    failed = list(missed(outcomes, proofs))
    print(given.out, *(f"missed {goal}" for goal in failed), sep="\n")  # a script's result
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
