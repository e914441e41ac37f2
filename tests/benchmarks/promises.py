"""Promises: how often they hold the truth, how wide they are, and how soon one that is broken is named.

    python -m tests.benchmarks.promises 200

Candidates of a true effect N(0, 2 %) run in the last canary stage (half of 2 M impressions a day, click rate 5 %) until
non-inferiority is proven, no less than a day and no more than four: what is promised is selected and stopped as in a
release. Then the champion's truth falls below the promise's lower bound by 1 to 5 %, beside a hold-back of 5 %.
"""

import json
import sys

import numpy as np
from slipway.domain.policy import Policy
from slipway.monitoring.promises import Promise, Word, judged
from slipway.stats import eprocess, ratio_sums
from slipway.stats.eprocess import Effect, Split

A_DAY, RATE, LEVEL_Z = 2_000_000, 0.05, 1.6448536
POLICY = Policy()


def hours(
    rng: np.random.Generator, count: int, shares: tuple[float, float], effect: float
) -> Split:
    """Hours of control and champion with so much of the traffic, rates that swing over the day."""
    swing = 1 + 0.3 * np.sin(np.arange(count) * np.pi / 12)
    trials = [np.round(A_DAY / 24 * share * swing).astype(int) for share in shares]
    rates = [RATE * swing, RATE * swing * (1 + effect)]
    return Split(
        *(part for n, p in zip(trials, rates, strict=True) for part in (n, rng.binomial(n, p)))
    )


def promised(rng: np.random.Generator, effect: float) -> tuple[Effect, int] | None:
    """What a release promises, and for how many hours its last stage ran; None where it is not released."""
    data = hours(rng, 96, (0.48, 0.5), effect)
    path = eprocess.non_inferiority(data, margin=POLICY.margin).log_path
    proven = np.flatnonzero(path[23:] >= -np.log(POLICY.beta))
    if not proven.size:
        return None
    end = int(proven[0]) + 24
    sums = ratio_sums.ratio_sums(Split(*(part[:end] for part in data)))
    over, under = ratio_sums.mantel_haenszel(sums)
    link = np.log(over / under)
    half = LEVEL_Z / np.sqrt(ratio_sums.information(sums, over / under))
    return Effect(*(float(np.expm1(part)) for part in (link, link - half, link + half))), end


def first_broken(rng: np.random.Generator, found: Effect, truth: float) -> int:
    """The day on which the watch names it broken; 99 where it does not within two weeks."""
    data = hours(rng, 14 * 24, (0.05, 0.9), truth)
    promise = Promise("1", "", found)
    for day in range(1, 15):
        part = Split(*(each[: 24 * day] for each in data))
        seen = eprocess.relative_effect(
            part, effects=POLICY.harm_effects, weights=POLICY.harm_weights, alpha=POLICY.alpha
        )
        if judged(promise, seen, over=False) is Word.BROKEN:
            return day
    return 99


def main() -> None:
    """One line of JSON."""
    wanted, rng = int(sys.argv[1]), np.random.default_rng(40_000)
    inside, width, plain, false = 0, [], [], 0
    days: dict[float, list[int]] = {0.01: [], 0.02: [], 0.03: [], 0.05: []}
    released = tried = 0
    while released < wanted:
        effect, tried = float(rng.normal(0, 0.02)), tried + 1
        made = promised(rng, effect)
        if made is None:
            continue
        found, end = made
        released += 1
        inside += found.lower <= effect <= found.upper
        width.append(found.upper - found.lower)
        n = A_DAY / 24 * 0.5 * end
        plain.append(2 * LEVEL_Z * np.sqrt(2 * (1 - RATE) / (n * RATE)))
        false += first_broken(rng, found, effect) <= 14 and effect >= found.lower
        for below, each in days.items():
            each.append(first_broken(rng, found, (1 + found.lower) * (1 - below) - 1))
    said = {
        "releases": released,
        "tried": tried,
        "covered": inside / released,
        "median_width": round(float(np.median(width)), 4),
        "of_a_split_of_its_size": round(float(np.median(np.array(width) / plain)), 2),
        "kept_but_called_broken_in_14_days": false,
    }
    for below, each in days.items():
        said[f"{below:.0%} below the bound: named within 7 days"] = round(
            float(np.mean(np.array(each) <= 7)), 3
        )
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
