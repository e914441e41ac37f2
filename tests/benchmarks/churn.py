"""What leaning on the champion costs and wins: weekly chains of models in worlds that drift or break.

``python tests/benchmarks/churn.py [--weeks 11] [--worlds 1] [--drifts .05 .1 .2 .4]``

Each world is retrained weekly on two weeks of clicks, a new week each time, with its own chain of
champions per recipe (every model is promoted). Quality is the cross-entropy of the next week against
the true click probability, relative to the plain chain's; churn is that of the top 10 on the next
week's lists between last week's model and this week's. The break redraws every group's tastes in one
week. Latency is that of one list of 30 films, relative to one tree set.
"""

import argparse
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from slipway.examples.films.line import GENRES, LINE
from slipway.stats.overlap import top_k_overlap
from slipway.training.dataset import Rows
from slipway.training.teacher import Teacher
from slipway.training.train import fitted

THETA = 1 / np.sqrt(np.arange(1.0, 11))
FILMS, OFFERED, LISTS, REQUESTS = 400, 30, 600, 1_500
MONDAY = datetime(2025, 1, 6, tzinfo=UTC)
NAMES = [column.name for column in LINE.features]
RECIPES = {
    "plain": {},
    "ensemble of 3": {"ensemble": 3},
    "anchor .5": {"anchor": 0.5},
    "blend <= .35": {"blend": 0.35},
    "blend <= .5": {"blend": 0.5},
    "blend <= .7": {"blend": 0.7},
    "blend <= .7, 4 sets": {"blend": 0.7, "tree_sets": 4},
}


class World:
    """Films with a quality, groups with tastes that move by ``drift`` of their spread each week."""

    def __init__(self, seed, drift, broken_in=None):
        self.rng = np.random.default_rng(seed)
        self.drift, self.broken_in = drift, broken_in
        self.quality = self.rng.normal(0, 0.8, FILMS)
        self.genre = self.rng.integers(0, len(GENRES), FILMS)
        self.age = self.rng.exponential(400, FILMS)
        self.taste = self.rng.normal(0, 0.7, (3, len(GENRES)))
        self.fresh = 0.9

    def step(self, week):
        """A week later."""
        if week == self.broken_in:
            self.taste = self.rng.normal(0, 0.7, self.taste.shape)
            self.fresh = -self.fresh
            return
        keep = np.sqrt(1 - self.drift**2)
        self.taste = keep * self.taste + self.drift * self.rng.normal(0, 0.7, self.taste.shape)

    def offer(self, lists, width):
        """Features [lists * width, F] and true log-odds of random candidate lists; films too."""
        rng = self.rng
        film = rng.random((lists, FILMS)).argpartition(width)[:, :width].ravel()
        group, lean = rng.integers(0, 3, lists).repeat(width), rng.normal(0, 0.4, (lists, 14))
        who = np.arange(lists).repeat(width)
        own = lean[who, self.genre[film]]
        truth = (
            -0.8
            + self.quality[film]
            + self.taste[group, self.genre[film]]
            + own
            + self.fresh * np.exp(-self.age[film] / 200)
        )
        n = len(film)
        seen = {
            "age_band": group,
            "hour": rng.integers(0, 24, lists).repeat(width),
            "genre": self.genre[film],
            "film_age_days": self.age[film],
            "editors_pick": film % 17 == 0,
            "item_ctr": 1 / (1 + np.exp(-(self.quality[film] + rng.normal(0, 0.25, n)))),
            "item_exposures": rng.integers(50, 900, n),
            "genre_age_ctr": rng.uniform(0.2, 0.3, n),
            "user_genre_ctr": 0.3 + 0.1 * (own + rng.normal(0, 0.3, n)),
            "user_ctr": rng.uniform(0.1, 0.3, lists).repeat(width),
        }
        return np.column_stack([seen[name] for name in NAMES]).astype(float), truth, film

    def week(self, number):
        """A week of logged lists as training rows, shown in a noisy order of the truth."""
        return self.week_with_truth(number)[0]

    def week_with_truth(self, number):
        """The same with the true log-odds of each row."""
        features, truth, film = self.offer(REQUESTS, 10)
        key = (-truth + self.rng.normal(0, 0.7, len(truth))).reshape(-1, 10)
        place = key.argsort(axis=1).argsort(axis=1).ravel() + 1
        clicked = self.rng.random(len(truth)) < THETA[place - 1] / (1 + np.exp(-truth))
        request = np.array([f"{number}-{k:05d}" for k in range(REQUESTS)], dtype=object).repeat(10)
        none = np.zeros(len(truth), dtype=bool)
        clicks, films = clicked.astype(float), film.astype(object)
        return Rows(features, place, clicks, none, request, request, films), truth


def joined(one, two):
    """Rows of two weeks."""
    return Rows(*(np.concatenate([getattr(one, k), getattr(two, k)]) for k in vars(one)))


def entropy(model, features, truth):
    """Cross-entropy of the answers against the true probability, less its least value."""
    p, q = 1 / (1 + np.exp(-truth)), np.clip(model.predict_proba(features), 1e-6, 1 - 1e-6)
    loss = lambda x: float(-(p * np.log(x) + (1 - p) * np.log(1 - x)).mean())  # noqa: E731
    return loss(q), loss(p)


def top(model, features, film):
    """The ten best films of each list."""
    order = (-model.raw_scores(features).reshape(-1, OFFERED)).argsort(axis=1, kind="stable")
    return np.take_along_axis(film.reshape(-1, OFFERED), order[:, :10], axis=1)


def chain(world, weeks, recipes, tell):
    """Per recipe and week: loss, churn against last week's model, weight given to it."""
    champions, found = {}, {name: [] for name in recipes}
    before = world.week(0)
    for number in range(1, weeks + 1):
        world.step(number)
        now = world.week(number)
        rows, end = joined(before, now), MONDAY + timedelta(weeks=number)
        features, truth, film = world.offer(LISTS, OFFERED)
        for name, changes in recipes.items():
            recipe = LINE.recipe_with(changes)
            old = champions.get(name)
            model = fitted(
                rows, THETA, LINE, recipe, old if recipe.uses_champion else None, end
            ).model
            churn = np.nan
            if old is not None:
                churn = (
                    1 - top_k_overlap(*(top(m, features, film) for m in (old.model, model))).mean()
                )
            kept = 1 - sum(model.weights[: recipe.ensemble])
            found[name].append((*entropy(model, features, truth), churn, kept, len(model.sets)))
            places = list(range(len(NAMES)))
            champions[name] = Teacher(model, recipe.inputs, places, "", end)
        before = now
        tell()
    return {name: np.array(rows) for name, rows in found.items()}


def latency(sets):
    """Seconds of a list of 30 rows through ``sets`` tree sets, over one set's."""
    from slipway.artifact.ensemble import Ensemble

    world = World(1, 0.0)
    one = fitted(world.week(0), THETA, LINE, LINE.recipe).model.sets[0]
    rows = world.offer(1, OFFERED)[0]
    timings = []
    for blend in (Ensemble((one,)), Ensemble((one,) * sets, (1 / sets,) * sets)):
        blend.raw_scores(rows)
        begun = time.perf_counter()
        for _ in range(2000):
            blend.raw_scores(rows)
        timings.append(time.perf_counter() - begun)
    return timings[1] / timings[0]


def main():
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=11)
    parser.add_argument("--worlds", type=int, default=1)
    parser.add_argument("--drifts", type=float, nargs="*", default=[0.05, 0.1, 0.2, 0.4])
    arguments = parser.parse_args()
    console, settle = Console(width=110), 4
    for drift in arguments.drifts:
        steps = iter(
            track(range(arguments.weeks * arguments.worlds), f"drift {drift}", console=console)
        )
        runs = [
            chain(World(seed, drift), arguments.weeks, RECIPES, partial(next, steps, None))
            for seed in range(arguments.worlds)
        ]
        table = Table(
            "recipe",
            "log-loss",
            "excess",
            "churn",
            "/ plain",
            "weight",
            "sets",
            title=f"tastes drift by {drift} of their spread a week",
        )
        mean = {n: np.nanmean([r[n][settle:] for r in runs], axis=(0, 1)) for n in RECIPES}
        for name, (loss, least, churn, weight, sets) in mean.items():
            plain = mean["plain"]
            table.add_row(
                name,
                f"{100 * (loss / plain[0] - 1):+.2f} %",
                f"{loss - least:.4f}",
                f"{churn:.3f}",
                f"{churn / plain[2]:.2f}",
                f"{weight:.2f}",
                f"{sets:.1f}",
            )
        console.print(table)
    week = arguments.weeks - 5
    kept = {name: RECIPES[name] for name in ("plain", "blend <= .5", "blend <= .7")}
    runs = [
        chain(World(100 + s, 0.05, week), arguments.weeks, kept, lambda: None)
        for s in range(3 * arguments.worlds)
    ]
    table = Table(
        "week after the break",
        *(f"{n}: {w}" for n in list(kept)[1:] for w in ("weight", "log-loss")),
        title="tastes redrawn in one week; log-loss against the plain fit of the same week",
    )
    for number in range(week - 3, arguments.weeks):
        row = [f"{number + 1 - week:+d}"]
        for name in list(kept)[1:]:
            weight = np.mean([r[name][number, 3] for r in runs])
            cost = np.mean([r[name][number, 0] / r["plain"][number, 0] - 1 for r in runs])
            row += [f"{weight:.2f}", f"{100 * cost:+.2f} %"]
        table.add_row(*row)
    console.print(table)
    console.print(
        ", ".join(f"{sets} sets: {latency(sets):.2f} x the latency" for sets in (2, 3, 4))
    )


if __name__ == "__main__":
    main()
