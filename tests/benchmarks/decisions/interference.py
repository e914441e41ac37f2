"""How wrong a split gets where its arms share what they count or sell, and what repairs it.

``python -m tests.benchmarks.decisions.interference [--worlds 200] [--seed 2026]`` prints its tables.

*Counts*: both arms rank by click rates of items, counted hourly over everybody's lists, so that each arm
learns from what the other showed. *Stock*: an item that one arm sold out is gone for the other. The truth is
what a world answers that runs on one arm alone, less the other: the effect on all traffic. Repairs: an arm
counts its own rows, each as often as one over the arm's share (weights of Si, "Tackling interference induced
by data training loops in A/B tests", 2023, for counts), or sells from its own part of the stock (budget
split of Liu, Mao and Kang, "Trustworthy online marketplace experimentation with budget-split design", 2021).
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rich.console import Console

out = Console(soft_wrap=True, highlight=False)

HOURS, WARM_DAYS, DAYS = 24, 10, 14
PLACES = 1 / np.arange(1, 11) ** 0.7
"""Chance of each place to be looked at."""
SHARES = (0.01, 0.05, 0.25, 0.5)


@dataclass(frozen=True)
class Ranker:
    """Ranks by a shrunken click rate: ``prior`` looks of it, and ``bonus`` for items that few have seen."""

    prior: float
    bonus: float
    insight: float = 0.0
    """How much of an item's true appeal is known before its first click, from 0 to 1."""

    def order(self, clicks: np.ndarray, looks: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Items by segment, best first; ``known`` is what content tells of their appeal."""
        start = self.insight * known + (1 - self.insight) * known.mean()
        rate = (clicks + self.prior * start) / (looks + self.prior)
        curious = self.bonus * np.sqrt(rate / (looks + self.prior))
        return np.argsort(-(rate + curious), axis=1)[:, : len(PLACES)]


CONTROL = Ranker(prior=200, bonus=0.0)
CANDIDATES = {
    "shows more that is new": Ranker(prior=200, bonus=1.0),
    "knows content": Ranker(prior=200, bonus=0.0, insight=0.5),
    "forgets (prior of 20 looks)": Ranker(prior=20, bonus=0.0),
}
POOLED, OWN, WEIGHTED = "everybody's counts", "own counts", "own counts, weighted by 1/share"


def count_world(
    seed: int, rankers: tuple[Ranker, Ranker], share: float, counts: str, lists_an_hour: int = 800
) -> np.ndarray:
    """Clicks a list of control and candidate over the days of the release; NaN for an arm without traffic."""
    rng = np.random.default_rng(seed)
    segments, items = 4, 160
    appeal = rng.beta(1.2, 18, (segments, items))
    shares = np.array([1 - share, share])
    clicks, looks = np.zeros((2, segments, items)), np.zeros((2, segments, items))
    got, lists = np.zeros(2), np.zeros(2)
    for hour in range((WARM_DAYS + DAYS) * HOURS):
        if hour % HOURS == 0:  # some items leave, new ones come
            new = rng.choice(items, 6, replace=False)
            appeal[:, new] = rng.beta(1.2, 18, (segments, 6))
            clicks[:, :, new] = looks[:, :, new] = 0
        released = hour >= WARM_DAYS * HOURS
        now = shares if released else np.array([1.0, 0.0])
        for arm in np.flatnonzero(now):
            seen = _counts(counts if released else POOLED, arm, now, clicks, looks)
            order = rankers[arm].order(*seen, appeal)
            asked = rng.poisson(lists_an_hour * now[arm] / segments, (segments, 1))
            viewed = rng.binomial(asked, PLACES)
            clicked = rng.binomial(viewed, np.take_along_axis(appeal, order, axis=1))
            rows = np.arange(segments)[:, None]
            looks[arm, rows, order] += viewed
            clicks[arm, rows, order] += clicked
            if released:
                got[arm] += clicked.sum()
                lists[arm] += asked.sum()
        if not released:  # the past is everybody's, as if each arm had had its part of it
            clicks[1] = clicks[0] * share
            looks[1] = looks[0] * share
            clicks[0] -= clicks[1]
            looks[0] -= looks[1]
            if hour < WARM_DAYS * HOURS - 1:
                clicks[0] += clicks[1]
                looks[0] += looks[1]
    return np.divide(got, lists, out=np.full(2, np.nan), where=lists > 0)


def _counts(
    counts: str, arm: int, shares: np.ndarray, clicks: np.ndarray, looks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    if counts == POOLED:
        return clicks.sum(axis=0), looks.sum(axis=0)
    weight = 1 / shares[arm] if counts == WEIGHTED else 1.0
    return weight * clicks[arm], weight * looks[arm]


TOGETHER, SPLIT = "one stock", "stock split by share"


def stock_world(seed: int, lift: float, share: float, stock: str, tightness: float) -> np.ndarray:
    """Sales a visitor of control and candidate; the candidate sells ``lift`` more of a fifth of the items."""
    rng = np.random.default_rng(seed)
    items, visitors = 40, 4_000
    wanted = rng.gamma(1.0, 1.0, items)
    wanted *= 0.25 / wanted.sum()
    rates = np.array([wanted, wanted])
    rates[1, np.argsort(-wanted)[: items // 5]] *= 1 + lift
    shares = np.array([1 - share, share])
    bought, came = np.zeros(2), np.zeros(2)
    for _ in range(DAYS):
        whole = np.ceil(wanted * visitors / tightness)
        left = rng.binomial(whole.astype(int), share) if stock == SPLIT else np.zeros(items, int)
        lefts = np.array([whole - left, left])
        if stock == TOGETHER:
            lefts = whole[None, :]
        for _ in range(HOURS):
            here = rng.poisson(visitors / HOURS * shares)
            asks = rng.poisson(rates * here[:, None])
            if stock == SPLIT:
                sold = np.minimum(asks, lefts)
                lefts -= sold
            else:
                total = asks.sum(axis=0)
                sold_all = np.minimum(total, lefts[0]).astype(int)
                first = rng.hypergeometric(asks[0], asks[1], sold_all)
                sold = np.array([first, sold_all - first])
                lefts = lefts - sold_all
            bought += sold.sum(axis=1)
            came += here
    return np.divide(bought, came, out=np.full(2, np.nan), where=came > 0)


def relative(values: np.ndarray) -> np.ndarray:
    """Mean and standard error of the candidate's relative difference over worlds, a row of ``values`` each."""
    difference = values[:, 1] / values[:, 0] - 1
    return np.array([difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))])


def count_tables(worlds: int, seed: int) -> Iterator[str]:
    """A table of candidates by shares and ways to count."""
    yield (
        "| candidate | effect on all traffic | counts | "
        + " | ".join(f"split, {share:.0%}" for share in SHARES)
        + " |"
    )
    yield "|" + "---|" * (3 + len(SHARES))
    for name, ranker in CANDIDATES.items():
        alone = np.array([
            [count_world(seed + k, (CONTROL, CONTROL), 0.0, POOLED)[0],
             count_world(seed + k, (CONTROL, ranker), 1.0, POOLED)[1]]
            for k in range(worlds)
        ])  # fmt: skip
        truth = _words(relative(alone))
        for counts in (POOLED, OWN, WEIGHTED):
            cells = [
                _words(relative(np.array([
                    count_world(seed + k, (CONTROL, ranker), share, counts) for k in range(worlds)
                ])))
                for share in SHARES
            ]  # fmt: skip
            yield f"| {name} | {truth} | {counts} | " + " | ".join(cells) + " |"


def stock_tables(worlds: int, seed: int) -> Iterator[str]:
    """A table of stocks by shares and ways to sell."""
    yield (
        "| wanted over stock | effect on all traffic | stock | "
        + " | ".join(f"split, {share:.0%}" for share in SHARES)
        + " |"
    )
    yield "|" + "---|" * (3 + len(SHARES))
    for tightness in (0.7, 1.0, 1.4):
        alone = np.array([
            [stock_world(seed + k, 0.2, 0.0, TOGETHER, tightness)[0],
             stock_world(seed + k, 0.2, 1.0, TOGETHER, tightness)[1]]
            for k in range(worlds)
        ])  # fmt: skip
        truth = _words(relative(alone))
        for stock in (TOGETHER, SPLIT):
            cells = [
                _words(relative(np.array([
                    stock_world(seed + k, 0.2, share, stock, tightness) for k in range(worlds)
                ])))
                for share in SHARES
            ]  # fmt: skip
            yield f"| {tightness:g} | {truth} | {stock} | " + " | ".join(cells) + " |"


def _words(mean_and_error: np.ndarray) -> str:
    mean, error = 100 * mean_and_error
    return f"{mean:+.1f} % ({error:.1f})"


def main() -> None:
    """Print both tables as they come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    for table in (count_tables, stock_tables):
        for line in table(asked.worlds, asked.seed):
            out.print(line)
        out.print()


if __name__ == "__main__":
    main()
