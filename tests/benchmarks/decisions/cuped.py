"""What four weeks of history save: the mean's e-process on users with and without CUPED.

python -m tests.benchmarks.decisions.cuped [--releases 3000] [--seed 2026]

A user comes once with 20 impressions and clicks by a taste (beta, correlation of two impressions of
a user .05, mean 5 %); the history is what 80 impressions before the release showed of the same
taste. Half of the users are the candidate's, a look after every 2 % of Wald's limit. All of alpha is
the mean's own; the limit counts in the design effect of these users and the finite control.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from rich.progress import track
from slipway.domain.policy import Policy
from slipway.stats.means import MeanSums, Spread, evidence, harm, mean_sums

from .report import markdown
from .scene import divergence, wald_unit

RATE, CORRELATION, VISIT, BEFORE = 0.05, 0.05, 20, 80
SHARE = 0.5
DEFF = 1 + (VISIT - 1) * CORRELATION
LOOKS, PER_LIMIT = 250, 50


def limit_of(effect: float, policy: Policy) -> float:
    """Wald's impressions of the candidate, for these users and this split."""
    kl = float(divergence(np.array(RATE), np.array(effect)))
    return wald_unit(policy) / kl * DEFF / (1 - SHARE)


def users(rng, count: int, effect: float) -> np.ndarray:
    """Clicks and history of ``count`` users, [2, count]."""
    strength = 1 / CORRELATION - 1
    taste = rng.beta(RATE * strength, (1 - RATE) * strength, count)
    clicks = rng.binomial(VISIT, np.minimum(1, taste * (1 + effect)))
    return np.stack((clicks, rng.binomial(BEFORE, taste) * VISIT / BEFORE))


def return_at(rng, policy: Policy, truth: float, each: int, *, cuped: bool) -> int:
    """The look at which one release is returned; LOOKS + 1 where it never is."""
    blocks, square = np.zeros((2, 3)), np.zeros((3, 3))
    total = MeanSums(*np.zeros(5))
    for look in range(1, LOOKS + 1):
        arms = [users(rng, each, effect) for effect in (0.0, truth)]
        blocks = np.stack([[each * VISIT, *part.sum(axis=1)] for part in arms])
        total = MeanSums(
            *(a + b for a, b in zip(total, mean_sums(blocks[:1], blocks[1:]), strict=True))
        )
        wide = np.vstack((np.full(each, VISIT), arms[0]))
        square += wide @ wide.T
        found = evidence(total, _spread(square, look * each, cuped=cuped))
        log_e = harm(found, effects=policy.harm_effects, weights=policy.harm_weights)
        if log_e >= np.log(1 / policy.alpha):
            return look
    return LOOKS + 1


def _spread(square: np.ndarray, count: int, *, cuped: bool) -> Spread:
    """Sums over control users of squares and products of deviations from the control's means."""
    mean = square[0] / square[0, 0]
    centred = square - np.outer(square[:, 0], mean) - np.outer(mean, square[0])
    centred += square[0, 0] * np.outer(mean, mean)
    yy, yc, cc = centred[1, 1], centred[1, 2], centred[2, 2]
    keep = 1.0 if cuped else 0.0
    return Spread(yy, keep * yc, keep * cc, float(count * VISIT), float(count))


def main() -> None:
    """Print mean and 95th percentile of exposure over Wald's limit, and false returns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, default=Path(".bench/decisions"))
    args = parser.parse_args()
    policy, rows = Policy(), []
    for truth, cuped in [(-0.1, False), (-0.1, True), (0.0, True)]:
        rng = np.random.default_rng([args.seed, int(100 * -truth), cuped])
        limit = limit_of(truth or -0.1, policy)
        each = round(limit / PER_LIMIT / VISIT)
        looks = np.array(
            [
                return_at(rng, policy, truth, each, cuped=cuped)
                for _ in track(range(args.releases), f"{truth:+.0%}, CUPED {cuped}")
            ]
        )
        over = looks[looks <= LOOKS] * each * VISIT / limit
        far = (np.mean(over), np.quantile(over, 0.95)) if truth else (np.nan, np.nan)
        rows.append(
            (
                f"{truth:+.0%}",
                "yes" if cuped else "no",
                len(looks),
                f"{np.mean(looks <= LOOKS):.2%}",
                *("" if np.isnan(x) else f"{x:.2f}" for x in far),
            )
        )
    names = ["effect", "CUPED", "releases", "returned", "over Wald", "95th percentile"]
    table = pd.DataFrame(rows, columns=names)
    text = f"## History: 20 impressions a user\n{markdown(table)}"
    args.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.out / "cuped.csv", index=False)
    (args.out / "CUPED.md").write_text(text, encoding="utf-8")
    print(text)  # a command's answer


if __name__ == "__main__":
    main()
