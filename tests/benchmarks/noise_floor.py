"""Does the noise floor hold its error, and is it the spread that there is?

``python tests/benchmarks/noise_floor.py [--trials 60]``

In each trial a champion and a candidate are fitted by one recipe on clicks of their own from one
world, and judged by the gain gate on a held-out week of their own, with the floor that six small fits
gave. Three things are printed: how often a candidate that is no better passes; how often one passes
that is truly better by twice the mean floor (its log-odds are moved to the truth by a share found on a
world that is not reported); and the floor's parts beside the truth, the spread over all trials' models
on one common week. Last, what the small fits cost beside a plain training of 60,000 rows.
"""

import argparse
import sys
import time
from itertools import combinations
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import numpy as np
from churn import OFFERED, THETA, World, joined, top
from rich.console import Console
from rich.progress import track
from rich.table import Table
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion
from slipway.evaluation import floor
from slipway.examples.films.line import LINE
from slipway.gates import gain, judge
from slipway.stats.overlap import top_k_overlap
from slipway.stats.paired import paired_difference
from slipway.training import fit
from slipway.training.examination import at
from slipway.training.train import fitted
from support.sample_measurements import held_out

RECIPE = LINE.recipe_with({"max_iter": 60})
POLICY = Policy()
TUNED_ON, REPORTED = 1, (2, 3, 4)


def loss(log_odds, rows):
    """Log-loss of each row."""
    p = np.clip(at(THETA, rows.position) / (1 + np.exp(-log_odds)), 1e-6, 1 - 1e-6)
    return -np.where(rows.clicked > 0, np.log(p), np.log1p(-p))


def true_loss(log_odds, truth, rows):
    """Expected log-loss under the true probabilities."""
    seen = at(THETA, rows.position)
    p, q = (np.clip(seen / (1 + np.exp(-z)), 1e-6, 1 - 1e-6) for z in (truth, log_odds))
    return float(-(p * np.log(q) + (1 - p) * np.log1p(-q)).mean())


def trial(world, common, offered):
    """One champion, one candidate, their week, and the floor of the small fits."""
    champion = fitted(world.week(0), THETA, LINE, RECIPE).model
    rows = world.week(1)
    candidate = fitted(rows, THETA, LINE, RECIPE).model
    test, truth = world.week_with_truth(2)
    fits = floor.refit(rows, LINE, RECIPE, THETA, 6)
    small = [
        {"log_loss": float(loss(np.log(p) - np.log1p(-p), common).mean())}
        for p in (one.ranker.score(common.features)[0] for one in fits)
    ]
    tops = [top(Odds(one.ranker), *offered) for one in fits]
    apart = floor.chance_of_pairs(
        fits, lambda i, j: {"churn": 1 - float(top_k_overlap(tops[i], tops[j]).mean())}
    )
    return {
        "test": test,
        "truth": truth,
        "champion": champion.raw_scores(test.features),
        "candidate": candidate.raw_scores(test.features),
        "chance": floor.chance_of_numbers(fits, small) | apart,
        "common": float(loss(candidate.raw_scores(common.features), common).mean()),
        "top": top(candidate, *offered),
    }


class Odds:
    """A ranker's log-odds."""

    def __init__(self, ranker):
        self.ranker = ranker

    def raw_scores(self, features):
        """Ranking scores."""
        return self.ranker.score(features)[1]


def judged(one, share):
    """Verdict, floor and true gain of a trial's candidate, moved to the truth by ``share``."""
    moved = one["candidate"] + share * (one["truth"] - one["candidate"])
    test = one["test"]
    found = paired_difference(loss(moved, test), loss(one["champion"], test), test.user)
    measured = held_out(
        log_loss_diff_champion=found, chance=one["chance"], refits=6, recipe_changed=True
    )
    least = gain.floor(measured, POLICY.quality_alpha)
    theirs = true_loss(one["champion"], one["truth"], test)
    better = 1 - true_loss(moved, one["truth"], test) / theirs
    return judge("gain", measured, POLICY).conclusion is Conclusion.PASS, least, better


def share_for(trials, factor):
    """How far to move to the truth for a mean true gain of ``factor`` times the mean floor."""
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        found = np.array([judged(one, middle)[1:] for one in trials])
        low, high = (
            (middle, high) if found[:, 1].mean() < factor * found[:, 0].mean() else (low, middle)
        )
    return low


def cost():
    """CPU seconds of a plain training of 60,000 rows and of the six small fits."""
    world = World(9, 0.0)
    rows = world.week(0)
    for number in range(1, 4):
        rows = joined(rows, world.week(number))
    fitted(rows, THETA, LINE, LINE.recipe)
    begun = time.process_time()
    looked = fit.first_look(rows, THETA, LINE, LINE.recipe)
    fit.fit_one(rows, fit.weights_of(rows, THETA, looked), LINE, LINE.recipe, 11)
    plain = time.process_time() - begun
    begun = time.process_time()
    floor.refit(rows, LINE, LINE.recipe, THETA, int(POLICY.noise_budget * floor.FITS_PER_TRAINING))
    return len(rows), plain, time.process_time() - begun


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=60, help="of each world")
    trials, console = parser.parse_args().trials, Console(width=110)
    found = {}
    for seed in (TUNED_ON, *REPORTED):
        world = World(seed, 0.0)
        common = world.week(99)
        features, _, film = world.offer(300, OFFERED)
        found[seed] = [
            trial(world, common, (features, film))
            for _ in track(range(trials), f"world {seed}", console=console)
        ]
    share = share_for(found[TUNED_ON], 2.0)
    table = Table(
        "world",
        "no better: passed",
        "2 x floor: passed",
        "mean floor",
        "true gain",
        title=f"{trials} trials a world, gain gate at {POLICY.quality_alpha:.0%}",
    )
    sums = []
    for seed in REPORTED:
        null = np.array([judged(one, 0.0) for one in found[seed]])
        real = np.array([judged(one, share) for one in found[seed]])
        sums.append((null[:, 0].mean(), real[:, 0].mean(), null[:, 1].mean(), real[:, 2].mean()))
        table.add_row(
            str(seed),
            *(f"{value:.1%}" for value in sums[-1][:2]),
            *(f"{value:.2%}" for value in sums[-1][2:]),
        )
    mean = np.mean(sums, axis=0)
    table.add_row("all", *(f"{v:.1%}" for v in mean[:2]), *(f"{v:.2%}" for v in mean[2:]))
    console.print(table)
    table = Table(
        "world",
        "log-loss: truth",
        "floor",
        "churn: truth",
        "floor",
        title="chance between models of one recipe, over all trials and from six small fits",
    )
    for seed, ones in found.items():
        losses = np.array([one["common"] for one in ones])
        apart = [
            1 - top_k_overlap(a["top"], b["top"]).mean() for a, b in combinations(ones[:20], 2)
        ]
        said = [np.sqrt(np.mean([one["chance"]["log_loss"].total ** 2 for one in ones]))]
        said += [np.mean([one["chance"]["churn"].total for one in ones])]
        table.add_row(
            str(seed),
            f"{losses.std(ddof=1) / losses.mean():.3%}",
            f"{said[0]:.3%}",
            f"{np.mean(apart):.3f}",
            f"{said[1]:.3f}",
        )
    console.print(table)
    rows, plain, extra = cost()
    console.print(
        f"{rows:,} rows: plain training {plain:.2f} CPU s, the noise floor {extra:.2f}: "
        f"{extra / plain:.2f} x"
    )


if __name__ == "__main__":
    main()
