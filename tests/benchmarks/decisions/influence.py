"""How much one user can do to a release, with its caps and without: cells, and an influence curve.

python -m tests.benchmarks.decisions.influence [--releases 300] [--curve 120] [--seed 2026] [--out FOLDER]

A line of lists of five, two a user and day. All cells of a scale share a seed, and each release its
users, whoever else comes: what differs is what the heavy user did. Each finished cell is kept.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from slipway.domain.policy import Policy

from .crowd import Crowd
from .fleet import Fleet
from .robots import HeavyUser
from .scene import Scene

mpl.use("Agg")
from matplotlib import pyplot as plt

SMALL = Scene(daily=200_000, blocks_per_day=24, session=5, visits=2, active=0.98)
LARGE = replace(SMALL, daily=2_000_000)
OF_PAIR, AT_5 = 0.93, 0.05
SHARES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2)
CONTROL = 4
ALWAYS, NEVER = 1.0, 0.0


@dataclass(frozen=True)
class Case:
    """A cell: who comes beside the users of a line, with ``capped`` days or not."""

    name: str
    scene: Scene
    releases: int
    share: float = 0.0

    @property
    def path(self) -> str:
        """The name of its file."""
        return "".join(c if c.isalnum() else "_" for c in f"{self.name}-{self.scene.capped}")


def daily(scene: Scene, share: float) -> float:
    """Impressions a day that are ``share`` of a candidate's arm of 5 % together with them."""
    return scene.daily * OF_PAIR * AT_5 * share / (1 - share)


def cases(releases: int, curve: int) -> list[Case]:
    """The cells by their weight: goals, then other heavy users, then the curve."""
    worse, small = replace(LARGE, effect=-0.1), replace(SMALL, effect=-0.1)
    crawler, office = HeavyUser(4_000, NEVER, 0), HeavyUser(daily(LARGE, 0.2), None, 0)
    plain = {
        "-10 %, small": small,
        "-10 %": worse,
        "0 %": LARGE,
        "0 %, small": SMALL,
    }
    with_users = {
        "-10 %, small, clicks all, 1.4 % of its arm at 5 %": replace(
            small, heavy=(HeavyUser(daily(SMALL, 0.014), ALWAYS, 1),)
        ),
        "-10 %, clicks all, 1.4 % of its arm at 5 %": replace(
            worse, heavy=(HeavyUser(daily(LARGE, 0.014), ALWAYS, 1),)
        ),
        "0 %, crawler of 4,000 a day in the candidate's arm": replace(LARGE, heavy=(crawler,)),
        "0 %, crawler of 4,000 a day in the control's arm": replace(
            LARGE, heavy=(replace(crawler, group=CONTROL),)
        ),
        "0 %, small, crawler of 4,000 a day in the candidate's arm": replace(
            SMALL, heavy=(crawler,)
        ),
        "0 %, three crawlers, two of them in the control's arm": replace(
            LARGE, heavy=(crawler, *[replace(crawler, group=CONTROL)] * 2)
        ),
        "0 %, crawler that starts after a day and a half": replace(
            LARGE, heavy=(replace(crawler, after_days=1.5),)
        ),
        "0 %, an office of 20 % of its arm at 5 %": replace(LARGE, heavy=(office,)),
        "0 %, an office of as many in the control's arm": replace(
            LARGE, heavy=(replace(office, group=CONTROL),)
        ),
    }
    found = [Case(name, scene, releases) for name, scene in plain.items()]
    found += [
        Case(name, replace(scene, capped=capped), releases)
        for name, scene in with_users.items()
        for capped in (True, False)
    ]
    for scene, clicks, what in (
        (worse, ALWAYS, "-10 %, clicks all"),
        (LARGE, NEVER, "0 %, clicks none"),
    ):
        for share in SHARES:
            user = HeavyUser(daily(scene, share), clicks, 0 if clicks == NEVER else 1)
            for capped in (True, False):
                with_it = replace(scene, heavy=(user,), capped=capped)
                found.append(Case(f"{what}, {share:.1%}", with_it, curve, share))
    return found


def run(case: Case, seed: int) -> pd.DataFrame:
    """One row for each release."""
    policy = Policy()
    fleet, number = Fleet(Crowd(case.scene, policy, seed=seed, releases=case.releases), policy), 0
    while fleet.alive.any():
        fleet.day(fleet.crowd.day(number), number)  # also of those that ended: paths stay paired
        number += 1
    return pd.DataFrame(fleet.outcomes()._asdict())


def line(case: Case, rows: pd.DataFrame) -> dict[str, object]:
    """What the table says of a cell."""
    back, ahead = rows["ending"] == "returned", rows["ending"] == "champion"
    return {
        "cell": case.name,
        "caps": "yes" if case.scene.capped else "no",
        "releases": len(rows),
        "released": f"{ahead.mean():.2%}",
        "returned": f"{back.mean():.2%}",
        "hours to return": f"{24 * rows['days'][back].mean():.1f}" if back.any() else "",
        "days to release": f"{rows['days'][ahead].mean():.2f}" if ahead.any() else "",
        "design effect": f"{rows['design_effect'].mean():.2f}",
    }


def curve(kept: list[tuple[Case, pd.DataFrame]], path: Path) -> None:
    """Share of the arm's impressions against both errors, with caps and without."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharex=True)
    for place, (what, ending) in enumerate((("-10 %", "champion"), ("0 %", "returned"))):
        for capped in (False, True):
            points = [
                (100 * case.share, 100 * (rows["ending"] == ending).mean())
                for case, rows in kept
                if case.share and case.name.startswith(what) and case.scene.capped == capped
            ]
            label = "with users' caps" if capped else "without"
            axes[place].plot(
                *zip(*points, strict=True), marker="o", label=label
            ) if points else None
    axes[0].set(title="10 % worse, and one user clicks all", ylabel="released, %", xscale="log")
    axes[1].set(title="equal, and one user clicks none", ylabel="returned, %")
    for each in axes:
        each.set(xlabel="its share of the arm's impressions, %", ylim=(-3, 103))
        each.set_xscale("symlog", linthresh=0.1)
    axes[0].legend()
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    """Every cell that is not kept yet; the table and the figure of all that are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=300)
    parser.add_argument("--curve", type=int, default=120)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, default=Path(".bench/influence"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    kept = []
    for case in cases(args.releases, args.curve):
        path = args.out / f"{case.path}.parquet"
        if not path.exists():
            run(case, args.seed).to_parquet(path)
        kept.append((case, pd.read_parquet(path)))
        table = pd.DataFrame([line(*each) for each in kept])
        heads = [table.columns, ["---"] * len(table.columns), *table.to_numpy()]
        text = "\n".join("| " + " | ".join(map(str, row)) + " |" for row in heads)
        (args.out / "INFLUENCE.md").write_text(text + "\n", encoding="utf-8")
        curve(kept, args.out / "influence.png")


if __name__ == "__main__":
    main()
