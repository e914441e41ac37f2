"""One heavy user at a stage of 5 %: what it can do with users' caps, without, and beside nobody.

python -m tests.benchmarks.decisions.one_stage [--runs 300] [--out FOLDER]

20,000 users of ten impressions a day with mild tastes, three days, judged by the real gates each hour
(a peak counts). Every user is simulated, so that caps, clustering and clicks are those of the people; the
same people come in all cells of a run. Each cell can be run by itself (``--only``); the curve draws all.
"""

import argparse
import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from slipway.domain.blocks import Counts
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion
from slipway.evidence import comparisons
from slipway.gates import harm, stage_evidence
from slipway.stats import eprocess
from slipway.stats.user_cap import before_cap, usual

mpl.use("Agg")
from matplotlib import pyplot as plt

Ints = NDArray[np.int64]

START = datetime(2026, 1, 6, tzinfo=UTC)
USERS, DAILY, SHARE, DAYS, HOURS = 20_000, 10, 0.05, 3, 24
TASTES = (20, 380)
ARM = USERS * SHARE * DAILY
SHARES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2)
POLICY = Policy()
HEADS = ("cell", "caps", "runs", "harm", "next stage", "hours to harm", "design effect")


@dataclass(frozen=True)
class Heavy:
    """One user with ``daily`` impressions in an ``arm`` (1: candidate); of its clicks all or none."""

    daily: float
    clicks: bool
    arm: int = 1


@dataclass(frozen=True)
class StageCell:
    """What the candidate does to clicks, and who comes beside the people."""

    name: str
    effect: float
    heavy: Heavy
    share: float = 0.0


def cells() -> list[StageCell]:
    """The cells of the goals, then those of the curve."""
    found = [
        StageCell("-10 %, 144 a day clicks all, candidate", -0.1, Heavy(144, clicks=True)),
        StageCell("0 %, crawler of 4,000 a day, candidate", 0.0, Heavy(4000, clicks=False)),
        StageCell("0 %, crawler of 4,000 a day, control", 0.0, Heavy(4000, clicks=False, arm=0)),
    ]
    for effect, clicks, name in (
        (-0.1, True, "-10 %, clicks all"),
        (0.0, False, "0 %, clicks none"),
    ):
        found += [
            StageCell(f"{name}, {s:.1%} of its arm", effect, Heavy(ARM * s / (1 - s), clicks), s)
            for s in SHARES
        ]
    return found


def people(seed: int, effect: float) -> tuple[Ints, Ints, Ints]:
    """Arms [U], impressions and clicks [H, U] of every user."""
    rng = np.random.default_rng(seed)
    taste = rng.beta(*TASTES, USERS)
    arm = (rng.random(USERS) < SHARE).astype(np.int64)
    shown = rng.poisson(DAILY / HOURS, (DAYS * HOURS, USERS))
    return arm, shown, rng.binomial(shown, taste * (1 + effect * arm))


def with_heavy(of: tuple[Ints, Ints, Ints], heavy: Heavy) -> tuple[Ints, Ints, Ints]:
    """The people and one more."""
    arm, shown, clicks = of
    until = np.floor(heavy.daily * np.arange(DAYS * HOURS + 1) / HOURS)
    more = np.diff(until).astype(np.int64)[:, None]
    return (
        np.append(arm, heavy.arm),
        np.hstack((shown, more)),
        np.hstack((clicks, more * heavy.clicks)),
    )


def capped(of: tuple[Ints, Ints, Ints]) -> tuple[Ints, Ints, Ints]:
    """What counts of each day: caps follow from the control's users of the first one."""
    arm, shown, clicks = of[0], of[1].copy(), of[2].copy()
    first = np.stack((shown[:HOURS].sum(axis=0), clicks[:HOURS].sum(axis=0)), axis=1)
    came = first[(arm == 0) & (first[:, 0] > 0)].astype(np.float64)
    cap = POLICY.cap(usual(came, POLICY.user_cap_quantile))
    assert cap is not None
    for day in range(DAYS):
        hours = slice(day * HOURS, (day + 1) * HOURS)
        totals = shown[hours].sum(axis=0), clicks[hours].sum(axis=0)
        for user in np.flatnonzero((totals[0] >= cap[0]) | (totals[1] >= cap[1])):
            shown[hours, user], clicks[hours, user] = _day(
                shown[hours, user], clicks[hours, user], cap
            )
    return arm, shown, clicks


def _day(shown: Ints, clicks: Ints, cap: tuple[float, ...]) -> tuple[Ints, Ints]:
    """One user's day [24] up to its caps; within an hour its clicks are spread evenly."""
    hour = np.repeat(np.arange(HOURS), shown)
    place = np.arange(len(hour)) - np.repeat(np.cumsum(shown) - shown, shown)
    share = (clicks / np.maximum(shown, 1))[hour]
    clicked = np.floor((place + 1) * share + 1e-9) - np.floor(place * share + 1e-9)
    rows = np.stack((np.ones(len(hour)), clicked), axis=1)
    kept = before_cap(np.zeros(len(hour), np.int64), rows, np.zeros((1, 2)), np.asarray(cap))
    count = [np.bincount(hour[kept], rows[kept, k], HOURS).astype(np.int64) for k in (0, 1)]
    return count[0], count[1]


def judged(of: tuple[Ints, Ints, Ints]) -> tuple[bool, bool, float, float]:
    """Whether harm is proven, whether the next stage is allowed, hours until harm, the design effect."""
    arm, shown, clicks = of
    sums = np.zeros((2, len(shown), 3), np.int64)
    for place, part in enumerate((shown, clicks)):
        for k in (0, 1):
            sums[place, :, k] = part[:, arm == k].sum(axis=1)
    users = [(part.sum(axis=0)[arm == k]) for k in (0, 1) for part in (shown, clicks)]
    start = int(START.timestamp()) + 3600 * np.arange(len(shown))
    look = LiveMeasurements(
        "feed",
        "2",
        Stage.CANARY_5,
        START + timedelta(days=DAYS),
        START,
        START,
        has_champion=True,
        clicks=Counts(start, np.full(len(shown), Stage.CANARY_5.value), *sums),
        user_trials=users[0],
        user_successes=users[1],
        candidate_user_trials=users[2],
        candidate_user_successes=users[3],
    )
    found, design_effect = comparisons.compared(look), comparisons.design_effect(look)
    path = eprocess.harm(
        found.data,
        effects=POLICY.harm_effects,
        weights=POLICY.harm_weights,
        design_effect=design_effect,
    ).log_path
    hit = np.flatnonzero(path + np.log(POLICY.primary_weight) >= np.log(1 / POLICY.alpha))
    failed = harm.judge(look, POLICY).conclusion is Conclusion.FAIL
    ahead = stage_evidence.judge(look, POLICY).conclusion is Conclusion.PASS
    return failed, ahead and not failed, float(hit[0] + 1) if len(hit) else np.nan, design_effect


def run(cell: StageCell, runs: int) -> list[dict[str, object]]:
    """A row for nobody, for caps and for none, of the same people."""
    rows: dict[str, list[tuple[bool, bool, float, float]]] = {"nobody": [], "yes": [], "no": []}
    for seed in range(runs):
        plain = people(seed, cell.effect)
        more = with_heavy(plain, cell.heavy)
        for name, of in (("nobody", capped(plain)), ("yes", capped(more)), ("no", more)):
            rows[name].append(judged(of))
    table = {name: np.array(found, float) for name, found in rows.items()}
    return [
        dict(
            zip(HEADS, (cell.name, name, runs, *(f"{x:.4g}" for x in _figures(found))), strict=True)
        )
        for name, found in table.items()
    ]


def _figures(found: NDArray[np.float64]) -> tuple[float, ...]:
    hours = found[:, 2][~np.isnan(found[:, 2])]
    return (
        found[:, 0].mean(),
        found[:, 1].mean(),
        hours.mean() if len(hours) else np.nan,
        found[:, 3].mean(),
    )


def curve(rows: list[dict[str, str]], path: Path) -> None:
    """The user's share of its arm against both errors."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    shares = {cell.name: cell.share for cell in cells() if cell.share}
    for place, (what, head) in enumerate((("-10 %", "next stage"), ("0 %", "harm"))):
        for caps, label in (
            ("no", "without caps"),
            ("yes", "with users' caps"),
            ("nobody", "nobody"),
        ):
            some = [
                r
                for r in rows
                if r["cell"] in shares and r["cell"].startswith(what) and r["caps"] == caps
            ]
            axes[place].plot(
                [100 * shares[r["cell"]] for r in some],
                [100 * float(r[head]) for r in some],
                marker="o",
                label=label,
            )
    axes[0].set(title="10 % worse, one user clicks all", ylabel="let into the next stage, %")
    axes[1].set(title="equal, one user clicks none", ylabel="returned, %")
    for each in axes:
        each.set(xlabel="its share of the arm's impressions, %", ylim=(-3, 103))
        each.set_xscale("symlog", linthresh=0.1)
        each.legend()
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    """Run the cells asked for; table and figure of all that were run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--only", default="", help="cells whose name begins so")
    parser.add_argument("--out", type=Path, default=Path(".bench/one_stage"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for place, cell in enumerate(cells()):
        if cell.name.startswith(args.only):
            with (args.out / f"{place:02d}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, HEADS)
                writer.writeheader()
                writer.writerows(run(cell, args.runs))
    rows = [row for path in sorted(args.out.glob("*.csv")) for row in csv.DictReader(path.open())]
    text = [HEADS, ["---"] * len(HEADS), *([row[h] for h in HEADS] for row in rows)]
    page = "\n".join("| " + " | ".join(line) + " |" for line in text)
    (args.out / "ONE_STAGE.md").write_text(page + "\n", encoding="utf-8")
    curve(rows, args.out / "influence.png")


if __name__ == "__main__":
    main()
