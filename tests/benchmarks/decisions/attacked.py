"""Other tools' rules under one heavy user, on the paths of the influence curve; table and figure beside Slipway's.

python -m tests.benchmarks.decisions.attacked [--releases 500] [--seed 2026] [--out FOLDER] [--influence FOLDER]

None of these tools bounds what one user adds, so their users' days count whole; Slipway's curve is that of the
folder of ``influence``, where it was run. Each finished cell is kept.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from slipway.domain.policy import Policy

from .crowd import Crowd
from .influence import ALWAYS, LARGE, NEVER, SHARES, cases, daily
from .peers import STAGES
from .robots import HeavyUser
from .tools import all_peers

mpl.use("Agg")
from matplotlib import pyplot as plt

POLICY = Policy()
WORSE, EQUAL = "-10 %, clicks all", "0 %, clicks none"
WITHOUT = ("Wald with the true effect", "GrowthBook's sequence, every 5 minutes")
"""No tool, and one that blocks of an hour make the same as another."""


def cells():
    """Name, share of the arm at 5 %, and scene: nobody first, then more and more."""
    for what, effect, clicks, group in ((WORSE, -0.1, ALWAYS, 1), (EQUAL, 0.0, NEVER, 0)):
        for share in (0.0, *SHARES):
            scene = replace(LARGE, effect=effect, capped=False)
            user = HeavyUser(daily(scene, share), clicks, group)
            yield what, share, replace(scene, heavy=(user,) if share else ())


def run(scene, seed, releases):
    """Of each rule: the share returned, and hours until then."""
    crowd = Crowd(scene, POLICY, seed=seed, releases=releases)
    peers = [peer for peer in all_peers(scene, POLICY, releases) if peer.name not in WITHOUT]
    for number in range(STAGES):
        day = crowd.day(number)
        for peer in peers:
            peer.day(day, number)
    return pd.DataFrame(
        {
            "rule": peer.name,
            "releases": releases,
            "returned": peer.returned.mean(),
            "hours": 24 * peer.days[peer.returned].mean() if peer.returned.any() else np.nan,
        }
        for peer in peers
    )


def table(found):
    """Errors by share: released though worse, returned though equal."""
    lines = [
        "| rule | what one user does | nobody | "
        + " | ".join(f"{s:.1%} of its arm" for s in SHARES)
        + " |",
        "|" + "---|" * (len(SHARES) + 3),
    ]
    for what, words in (
        (WORSE, "clicks all: -10 % released"),
        (EQUAL, "clicks none: 0 % returned"),
    ):
        for rule, rows in found[found["what"] == what].groupby("rule", sort=False):
            wrong = rows["returned"] if what == EQUAL else 1 - rows["returned"]
            at = dict(
                zip(rows["share"], wrong, strict=True)
            )  # of Slipway's curve some may not be run
            shown = " | ".join(f"{at[s]:.1%}" if s in at else "" for s in (0.0, *SHARES))
            lines.append(f"| {rule} | {words} | {shown} |")
    return "\n".join(lines) + "\n"


def of_slipway(folder):
    """The influence curve that was kept, with users' caps and beside nobody: rows as those of the peers."""
    rows, nobody = [], {"-10 %": WORSE, "0 %": EQUAL}
    for case in cases(0, 0):
        path = folder / f"{case.path}.parquet"
        if (case.share or case.name in nobody) and case.scene.capped and path.exists():
            kept = pd.read_parquet(path)
            what = WORSE if case.name.startswith("-10 %") else EQUAL
            back = (kept["ending"] != "champion") if what == WORSE else kept["ending"] == "returned"
            rows.append((what, case.share, "Slipway", len(kept), back.mean(), np.nan))
    return pd.DataFrame(rows, columns=["what", "share", "rule", "releases", "returned", "hours"])


def figure(found, path):
    """One user's share of its arm against both errors, a line for each rule."""
    drawn, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    titles = ("10 % worse, one user clicks all", "equal, one user clicks none")
    for axis, what, title in zip(axes, (WORSE, EQUAL), titles, strict=True):
        for rule, rows in found[found["what"] == what].groupby("rule", sort=False):
            wrong = rows["returned"] if what == EQUAL else 1 - rows["returned"]
            ours = rule == "Slipway"
            axis.plot(
                100 * rows["share"],
                100 * wrong,
                marker="o" if ours else ".",
                linewidth=2.5 if ours else 1.0,
                color="black" if ours else None,
                label=rule,
            )
        axis.set_xscale("symlog", linthresh=0.1)
        axis.set(title=title, ylim=(-3, 103), xlim=(-0.01, 22))
        axis.set_xlabel("its share of the arm's impressions, %")
        axis.set_xticks([0, 0.1, 0.3, 1, 3, 10, 20], ["nobody", ".1", ".3", "1", "3", "10", "20"])
    axes[0].set_ylabel("released, %")
    axes[1].set_ylabel("returned, %")
    drawn.legend(*axes[1].get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    drawn.savefig(path, dpi=100)
    plt.close(drawn)


def main():
    """Every cell that is not kept yet; table and figure of all that are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, default=Path(".bench/attacked"))
    parser.add_argument("--influence", type=Path, default=Path(".bench/influence"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    parts = []
    for place, (what, share, scene) in enumerate(cells()):
        path = args.out / f"{place:02d}.parquet"
        if not path.exists():
            rows = run(scene, args.seed, args.releases).assign(what=what, share=share)
            rows.to_parquet(path.with_suffix(".tmp"))
            path.with_suffix(".tmp").replace(path)
        parts.append(pd.read_parquet(path))
    found = pd.concat(parts, ignore_index=True)
    if args.influence.exists():
        found = pd.concat([of_slipway(args.influence), found], ignore_index=True)
    (args.out / "ATTACKED.md").write_text(table(found), encoding="utf-8")
    figure(found, args.out / "attacked.png")


if __name__ == "__main__":
    main()
