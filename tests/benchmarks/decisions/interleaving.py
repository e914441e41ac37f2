"""A worse order of items beside the champion's: found by interleaving, and by a split of 5 %, in the same world.

python -m tests.benchmarks.decisions.interleaving [--data FOLDER] [--runs 300] [--out FILE]

Three click worlds: users look at places by themselves (position), from the top until they are satisfied
(cascade), and as those of Open Bandit's randomised log did (fitted; lists of three). Harm is made by the order
alone and calibrated on the world's own mean of clicks: noise in all of the candidate's scores, or scores that
are broken in some requests. Both tools look at the same kind of users: lists a user and liking to click vary,
both by gamma. An exposure is one shown item; of an interleaved list each counts, whoever gave it.
"""

import argparse
import csv
import itertools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from slipway.domain.policy import Policy
from slipway.stats import eprocess
from slipway.stats.design_effect import design_effect_of, sums_over_users
from slipway.stats.eprocess import split
from slipway.stats.interleaving import credits_of, draft, lost_clicks
from slipway.stats.paired_loss import harm

POLICY = Policy()
SHARE = 0.05
REQUESTS = 600  # different ones of a world
LISTS_A_USER, LIKING = 4.0, 1.0  # mean of lists, and squared variation of the liking to click
HEADS = (
    "world",
    "harm",
    "effect",
    "tool",
    "runs",
    "returned",
    "median exposures",
    "mean exposures",
    "clicks an exposure",
    "design effect",
)


@dataclass(frozen=True, eq=False)
class World:
    """``appeal`` float64[R, N] of each request's items; ``clicks`` draws them for lists of appeals and tastes."""

    name: str
    appeal: np.ndarray
    curve: tuple[float, ...]
    clicks: Callable
    noise: float

    @property
    def length(self):
        """Places of a list."""
        return len(self.curve)


def by_position(curve):
    """Each place is looked at by itself."""

    def drawn(rng, appeal, taste):
        return rng.random(appeal.shape) < np.minimum(0.95, appeal * taste[:, None]) * curve

    return drawn


def by_cascade(goes_on, satisfied):
    """From the top: the next place is looked at with ``goes_on``, after a click seldom (``satisfied``)."""

    def drawn(rng, appeal, taste):
        clicked = rng.random(appeal.shape) < np.minimum(0.95, appeal * taste[:, None])
        on = rng.random(appeal.shape) < np.where(clicked, 1 - satisfied, goes_on)
        looked = np.concatenate(
            (np.ones((len(on), 1), bool), np.cumprod(on, axis=1)[:, :-1] > 0), 1
        )
        return clicked & looked

    return drawn


def worlds(data, rng):
    """The three of them; the fitted one where its data lie."""
    curve = np.arange(1, 11) ** -0.6
    appeal = np.exp(0.9 * rng.normal(0, 1, (REQUESTS, 30)))
    yield World("position", np.minimum(0.9, 0.05 * appeal), tuple(curve), by_position(curve), 0.5)
    # what is debiased by place knows the curve of the champion's lists alone
    goes_on, satisfied = 0.9, 0.7
    yield World(
        "cascade",
        np.minimum(0.9, 0.06 * appeal),
        tuple(goes_on ** np.arange(10.0)),
        by_cascade(goes_on, satisfied),
        0.5,
    )
    if data is not None:
        yield fitted(data, rng)


def fitted(data, rng):
    """Items, places and users' segments of Open Bandit's randomised lists, men and women."""
    parts = [pd.read_csv(data / f"random_{of}.csv.gz") for of in ("men", "women")]
    shown = pd.concat([part.assign(of=k) for k, part in enumerate(parts)])
    rate = shown["click"].mean()
    places = shown.groupby("position")["click"].mean().to_numpy()
    curve = places / places.max()
    strength = 1 / rate  # as many rows of the mean as bring one click
    appeal = []
    for of, part in shown.groupby("of"):
        items = part["item_id"].nunique()
        for _, group in part.groupby("user_feature_1"):
            if len(group) < 200:
                continue
            sums = (
                group.groupby("item_id")["click"]
                .agg(["sum", "count"])
                .reindex(range(items), fill_value=0)
            )
            found = (sums["sum"] + strength * rate) / (sums["count"] + strength)
            appeal += [rng.permutation(found.to_numpy())[:30] for _ in range(60)]
        del of
    picked = np.array(appeal)[rng.permutation(len(appeal))[:REQUESTS]]
    return World("fitted on Open Bandit", picked, tuple(curve), by_position(curve), 0.5)


def expected(world, rng, orders):
    """Mean clicks a list of each order's own lists, users' tastes among them."""
    pool = world.appeal[np.arange(len(orders)) % len(world.appeal)]
    appeal = np.take_along_axis(pool, orders[:, : world.length], 1)
    if world.name != "cascade":
        return float((appeal * world.curve).sum(1).mean())
    del rng
    again = np.random.default_rng(
        5
    )  # the same draws for every order: their difference is exact enough
    rows = np.tile(np.arange(len(appeal)), 400)
    return float(world.clicks(again, appeal[rows], tastes(again, len(rows))).sum(1).mean())


def tastes(rng, users):
    """How much each user likes to click, 1 in the mean."""
    return rng.gamma(1 / LIKING, LIKING, users)


def orders_of(world, rng, harm_kind, effect):
    """Control's and candidate's orders [R, N] of which the second gets ``effect`` fewer clicks."""
    quality = np.log(world.appeal) / np.log(world.appeal).std()
    control = quality + world.noise * rng.normal(0, 1, quality.shape)
    other = rng.normal(0, 1, quality.shape)
    first = np.argsort(-control, axis=1)
    if effect == 0:  # two models that err alike: each pair of orders comes both ways
        second = np.argsort(-(quality + world.noise * other), axis=1)
        return np.concatenate((first, second)), np.concatenate((second, first))
    broken = rng.permutation(len(quality)) / len(quality)

    def made(much):
        noise = np.where(broken < much, 5.0, 0.0)[:, None] if harm_kind == "broken" else much
        return np.argsort(-(control + noise * other), axis=1)

    low, high, level = 0.0, 1.0 if harm_kind == "broken" else 5.0, expected(world, rng, first)
    for _ in range(14):
        middle = (low + high) / 2
        worse = expected(world, rng, made(middle)) / level - 1 < effect
        low, high = (low, middle) if worse else (middle, high)
    return first, made(high)


@dataclass(frozen=True, eq=False)
class Drafts:
    """Of each request and coins: appeals and both credits [R, C, L]."""

    appeal: np.ndarray
    control: np.ndarray
    candidate: np.ndarray

    @classmethod
    def of(cls, world, first, second):
        """Every draft of every request, as the product makes it."""
        coins = list(itertools.product((False, True), repeat=(world.length + 1) // 2))
        shape = (len(first), len(coins), world.length)
        appeal, control, candidate = (np.zeros(shape) for _ in range(3))
        for r, (a, b) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
            known = {}
            for c, coin in enumerate(coins):
                shown = draft(a, b, world.length, coin).items
                if shown not in known:
                    known[shown] = credits_of(a, b, shown, world.curve)
                found = known[shown]
                appeal[r, c] = world.appeal[r % len(world.appeal), list(shown)]
                control[r, c], candidate[r, c] = found.control, found.candidate
        return cls(appeal, control, candidate)


def people(rng, lists):
    """Whose each of at least ``lists`` lists is, in the order of time, and each user's taste."""
    users = int(lists / LISTS_A_USER) + 50
    each = rng.poisson(rng.gamma(1.0, LISTS_A_USER, users))
    who = rng.permutation(np.repeat(np.arange(users), each))[:lists]
    return who, tastes(rng, users)


def interleaved(rng, world, drafts, most, step):
    """(exposures until returned or None, clicks an exposure, nothing) of a release, looked at every ``step`` lists."""
    who, taste = people(rng, most)
    coins = rng.integers(0, drafts.appeal.shape[1], len(taste))[who]
    request = rng.integers(0, len(drafts.appeal), len(who))
    clicked = world.clicks(rng, drafts.appeal[request, coins], taste[who])
    a, b = ((part[request, coins] * clicked).sum(1) for part in (drafts.control, drafts.candidate))
    for end in range(step, len(who) + 1, step):
        found = lost_clicks(a[:end], b[:end], who[:end])
        log_e = harm(found, effects=POLICY.harm_effects, weights=POLICY.harm_weights)
        if log_e >= np.log(1 / POLICY.alpha):
            return end * world.length, clicked.mean(), np.nan
    return None, clicked.mean(), np.nan


def clustering(rng, world, orders):
    """Clicks an exposure of the control, and the design effect of its users."""
    who, taste = people(rng, 80_000)
    request = rng.integers(0, len(orders), len(who))
    appeal = world.appeal[request[:, None] % len(world.appeal), orders[request, : world.length]]
    clicked = world.clicks(rng, appeal, taste[who]).sum(1)
    counts = np.bincount(who), np.bincount(who, clicked).astype(np.int64)
    return clicked.mean() / world.length, max(
        1.0, design_effect_of(sums_over_users(counts[0] * world.length, counts[1]))
    )


def split_of(rng, effect, rate, design_effect):
    """The candidate's exposures in a split of 5 % until it is returned, in blocks of a fiftieth of what it takes.

    Arms are millions of users by then: a block's clicks are normal, with the users' clustering.
    """
    needed = 9 * design_effect / effect**2 / rate  # about what evidence of 20 to 1 takes
    block = np.full(250, round(needed / 50))
    trials = [np.rint(block * (1 - SHARE) / SHARE).astype(np.int64), block]
    clicks = []
    for exposed, level in zip(trials, (rate, rate * (1 + effect)), strict=True):
        mean = exposed * level
        drawn = mean + np.sqrt(design_effect * mean) * rng.standard_normal(len(mean))
        clicks.append(np.clip(np.rint(drawn), 0, exposed).astype(np.int64))
    found = eprocess.harm(
        split(trials[0], clicks[0], trials[1], clicks[1]),
        effects=POLICY.harm_effects,
        weights=POLICY.harm_weights,
        design_effect=design_effect,
    )
    over = np.flatnonzero(found.log_path >= np.log(1 / POLICY.alpha / POLICY.primary_weight))
    return (int(block[: over[0] + 1].sum()) if len(over) else None), rate, design_effect


def cell(world, harm_kind, effect, runs, seed):
    """Rows of the table: what both tools find of one candidate."""
    rng = np.random.default_rng(seed)
    orders = orders_of(world, rng, harm_kind, effect)
    drafts = Drafts.of(world, *orders)
    rate, design_effect = clustering(rng, world, orders[0])
    most = round(1_600 / rate / world.length * max(1.0, (0.05 / max(abs(effect), 0.02)) ** 2) / 4)
    tools = {
        "interleaving": (
            runs,
            lambda: interleaved(
                rng, world, drafts, (8 if effect else 4) * most, max(1, most // 60)
            ),
        ),
    }
    if effect:
        tools["split of 5 %"] = runs, lambda: split_of(rng, effect, rate, design_effect)
    for tool, (times, play) in tools.items():
        found = [play() for _ in range(times)]
        ends = [end for end, _, _ in found if end is not None]
        yield dict(zip(HEADS, (
            world.name, harm_kind, f"{effect:+.0%}", tool, times, f"{len(ends) / times:.3f}",
            round(np.median(ends)) if ends else "", round(np.mean(ends)) if ends else "",
            f"{np.mean([r for _, r, _ in found]):.4f}", f"{np.mean([k for _, _, k in found]):.2f}",
        ), strict=True))  # fmt: skip


def main(arguments=None):
    """Play every cell and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, help="folder of Open Bandit's files; without it two worlds"
    )
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(arguments)
    rows = []
    for world in worlds(args.data, np.random.default_rng(args.seed)):
        for harm_kind, effect in (
            ("noise", -0.05),
            ("broken", -0.05),
            ("noise", -0.02),
            ("broken", -0.02),
            ("none", 0.0),
        ):
            for row in cell(world, harm_kind, effect, args.runs, [args.seed, round(-100 * effect)]):
                rows.append(row)
                sys.stdout.write(", ".join(f"{k} {v}" for k, v in row.items()) + "\n")
                sys.stdout.flush()
    if args.out:
        with args.out.open("w", newline="") as file:
            table = csv.DictWriter(file, HEADS)
            table.writeheader()
            table.writerows(rows)


if __name__ == "__main__":
    main()
