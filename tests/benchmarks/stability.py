"""What it costs to compare the lists of very many users, each measurement timed.

``python tests/benchmarks/stability.py [--users 1000000]``

Two rankings of ten films for each user, of which the second keeps about two thirds of the first.
"""

import argparse
import time

import numpy as np
from rich.console import Console
from rich.table import Table
from slipway.stats import overlap

FILMS, GENRES, GROUPS, PLACES = 5_000, 14, 3, 10


def rankings(users, rng):
    """Two tables of distinct items [users, 10]; a step apart in a random circle of all films."""
    start = rng.integers(0, FILMS, users)[:, None]
    first = (start + np.arange(PLACES) * 7) % FILMS
    second = np.where(rng.random(first.shape) < 0.3, (first + 3_001) % FILMS, first)
    second = np.take_along_axis(second, rng.random(second.shape).argsort(axis=1), axis=1)
    return first, second


def main():
    """Print a row for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000)
    users = parser.parse_args().users
    rng = np.random.default_rng(1)
    first, second = rankings(users, rng)
    genre = rng.integers(0, GENRES, FILMS)
    group = np.broadcast_to(rng.integers(0, GROUPS, users)[:, None], first.shape)
    one, two, weight = genre[first], genre[second], overlap.discounts(PLACES)
    measurements = {
        "overlap and churn, user by user": lambda: overlap.top_k_overlap(first, second).mean(),
        "churn by place": lambda: overlap.weighted_churn(first, second, weight).mean(),
        "rank-biased overlap": lambda: overlap.rank_biased_overlap(first, second).mean(),
        "genre mix, user by user": lambda: overlap.mix_shift(one, two, GENRES).mean(),
        "genre mix, overall": lambda: overlap.total_variation(
            np.bincount(one.ravel(), minlength=GENRES), np.bincount(two.ravel(), minlength=GENRES)
        ),
        "turnover by genre": lambda: np.sum(overlap.exchange(first, second, one, two, GENRES).gone),
        "turnover by user group": lambda: np.sum(
            overlap.exchange(first, second, group, group, GROUPS).gone
        ),
    }
    table = Table(
        "measurement", "value", "wall s", "CPU s", title=f"{users:,} users x top {PLACES}"
    )
    walls, cpus = [], []
    for name, measure in measurements.items():
        wall, cpu = time.perf_counter(), time.process_time()
        value = measure()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
        table.add_row(name, f"{value:,.4g}", f"{walls[-1]:.2f}", f"{cpus[-1]:.2f}")
    table.add_row("all", "", f"{sum(walls):.2f}", f"{sum(cpus):.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
