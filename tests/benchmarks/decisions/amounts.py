"""Means of amounts with tails: how often equal ones are called harm, a loss is found, and what one user does to it.

python -m tests.benchmarks.decisions.amounts [--releases 1000] [--seed 2026] [--only TEXT] [--out FOLDER]

A day of 3,000 users (20,000 in the cells that say so) with one list each, judged by the product's evidence after each second hour (a peak counts)
with the whole error budget on one mean. Batches of 100 releases are kept as they end, so that it goes on where
it stopped; the table is of all that are there.
"""

import argparse
import csv
from pathlib import Path
from zlib import crc32

import numpy as np
from support.amounts import HOUR_S, POLICY, judged, looks, rows, tails, with_user

BATCH, USERS, MANY, HOURS = 100, 3_000, 20_000, 24
KINDS = ("lognormal, sigma 2", "Pareto, 2.2", "95 % zeros")
SHARES = (0.05, 0.5)
"""The candidate's of the users."""
WATCHED = 0.95
"""As in a watch, where the control is the small arm: of 3,000 users too few for any evidence."""


def cells():
    """Name, users, kind, share, effect and the amount of one more user in each hour (None: nobody)."""
    for kind in KINDS:
        for share in SHARES:
            yield f"{kind}, {share:.0%}, equal", USERS, kind, share, 0.0, None
    for kind in KINDS:
        yield f"{kind}, 95%, equal, 20,000 users", MANY, kind, WATCHED, 0.0, None
    for kind in KINDS:
        yield f"{kind}, 50%, -30 %", USERS, kind, 0.5, -0.3, None
        yield f"{kind}, 50%, -5 %, 20,000 users", MANY, kind, 0.5, -0.05, None
        yield f"{kind}, 50%, equal, 20,000 users", MANY, kind, 0.5, 0.0, None
        for effect in (0.0, -0.3):
            name = "equal" if not effect else f"{100 * effect:+.0f} %"
            yield (
                f"{kind}, 50%, {name}, a user of 1e9 in the candidate's arm",
                USERS,
                kind,
                0.5,
                effect,
                1e9,
            )


def release(rng, users, kind, share, effect, heavy):
    """Whether harm is proven where more and where less is better, and whether a loss of the margin is excluded."""
    arm = (rng.random(users) < share).astype(int)
    amounts = tails(rng, kind, users) * (1 + effect * arm)
    hours = [
        rows(k * HOUR_S, arm[of], of + 1, np.ones(len(of)), amounts[of])
        for k, of in enumerate(np.array_split(np.arange(users), HOURS))
    ]
    if heavy is not None:
        hours = with_user(hours, 1, heavy)
    known = [total for total in looks(hours) if total.users >= POLICY.min_users][1::2]
    if not known:
        return False, False, False
    more, less = ([judged(t, more_is_better=better) for t in known] for better in (True, False))
    limit = np.log(1 / POLICY.alpha)
    return (
        max(harm for harm, _ in more) >= limit,
        max(harm for harm, _ in less) >= limit,
        max(safe for _, safe in more) >= np.log(1 / POLICY.beta),
    )


def main():
    """Every batch that is not there yet, then the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--only", default="", help="cells whose name holds it")
    parser.add_argument("--out", type=Path, default=Path(".bench/amounts"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for batch in range(args.releases // BATCH):
        for name, *of in cells():
            path = args.out / f"{crc32(name.encode()):08x}-{batch:03d}.csv"
            if args.only not in name or path.exists():
                continue
            rng = np.random.default_rng([args.seed, crc32(name.encode()), batch])
            found = np.array([release(rng, *of) for _ in range(BATCH)])
            draft = path.with_suffix(".tmp")
            draft.write_text("\n".join(",".join(map(str, row)) for row in found.astype(int)))
            draft.replace(path)  # a batch is there whole or not at all
        (args.out / "AMOUNTS.md").write_text(table(args.out), encoding="utf-8")


def table(folder):
    """Of each cell how often each of the three was concluded, with its standard error."""
    lines = [
        "| cell | releases | harm, more is better | harm, less is better | a loss of 5 % excluded |",
        "|---|---|---|---|---|",
    ]
    for name, *_ in cells():
        parts = sorted(folder.glob(f"{crc32(name.encode()):08x}-*.csv"))
        found = [[int(x) for x in row] for path in parts for row in csv.reader(path.open())]
        if not found:
            continue
        share = np.mean(found, axis=0)
        error = np.sqrt(share * (1 - share) / len(found))
        shown = (f"{100 * p:.2f} % (± {100 * e:.2f})" for p, e in zip(share, error, strict=True))
        lines.append(f"| {name} | {len(found)} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
