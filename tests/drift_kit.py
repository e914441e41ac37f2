"""Years of a line whose weeks are alike: seasons, weekdays, holidays and weeks that wobble, and planted changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.drift import Judged, judge
from slipway.monitoring.sketch import Asked, CountedAs, sketches
from slipway.monitoring.slots import WEEKS, Calendar, Places, followed, period_distances
from slipway.monitoring.streams import Stream
from slipway.stats.distribution_shift import Shift

DAYS = 7
VALUES = (2, 3, 5, 20, 300, 2000)
"""How many values the categories have."""


@dataclass(frozen=True)
class World:
    """A year as it may be. Amounts are in standard deviations of a column.

    Each column has a yearly ``season`` of up to that amplitude, a level of its own on each weekday
    (``weekday``), and wobbles by ``wobble`` a week and a day. On ``holidays`` single days and on three days
    in a row it lies elsewhere, by a draw of 1 sd.
    """

    weeks: int = 52
    rows: int = 1000
    numbers: int = 14
    categories: int = 6
    season: float = 0.15
    weekday: float = 0.2
    wobble: float = 0.01
    holidays: int = 10

    @property
    def names(self) -> list[str]:
        """The columns: numbers, then categories."""
        count = (self.numbers, self.categories)
        return [f"{kind}{i}" for kind, n in zip("nc", count, strict=True) for i in range(n)]

    def levels(self, rng: np.random.Generator) -> np.ndarray:
        """Where each column lies on each day, float[columns, days]."""
        columns, days = self.numbers + self.categories, self.weeks * DAYS
        at = np.arange(days)
        phase = rng.uniform(0, 2 * np.pi, (columns, 1))
        level = rng.uniform(0, self.season, (columns, 1)) * np.sin(2 * np.pi * at / 364 + phase)
        level = level + np.repeat(rng.normal(0, self.wobble, (columns, self.weeks)), DAYS, axis=1)
        level += rng.normal(0, self.wobble, (columns, days))
        level += np.tile(rng.normal(0, self.weekday, (columns, DAYS)), self.weeks)
        odd = rng.choice(days, self.holidays, replace=False) if self.holidays else np.zeros(0, int)
        row = int(rng.integers(days - 3))
        odd = np.unique([*odd, *range(row, row + 3)]) if self.holidays else odd
        level[:, odd] += rng.normal(0, 1, (columns, len(odd)))
        return level

    def days(self, seed: int, planted: str = "", at: int = 0) -> Iterator[dict[str, np.ndarray]]:
        """The columns of each day; from week ``at`` on with the ``planted`` change."""
        rng = np.random.default_rng(seed)
        level = self.levels(rng)
        base = [rng.dirichlet(np.full(k, 2.0)) for k in VALUES[: self.categories]]
        for day in range(self.weeks * DAYS):
            on = planted if day >= at * DAYS else ""
            found = {}
            for i in range(self.numbers):
                values = rng.standard_normal(self.rows) + level[i, day]
                found[f"n{i}"] = np.exp(values) if i % 5 == 4 else values
            for i in range(self.categories):
                tilt = np.linspace(-0.5, 0.5, len(base[i])) * level[self.numbers + i, day]
                share = np.array([0.4, 0.6]) if i == 0 else base[i]
                share = _whole(share * np.exp(tilt))
                if on == "share" and i == 0:
                    share = _whole(np.clip(np.add(share, [-0.1, 0.1]), 0.001, 0.999))
                found[f"c{i}"] = rng.choice(len(share), self.rows, p=share).astype(str)
            yield plant(found, on, rng)


def _whole(share: np.ndarray) -> np.ndarray:
    return share / share.sum()


def plant(
    day: dict[str, np.ndarray], planted: str, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """A day with a change: ``shift`` of .25 sd, ``new`` values in 2 % of rows, ``nan``, ``units`` x 1000."""
    number = day.get("n0")
    if planted == "shift":
        return day | {"n0": number + 0.25}
    if planted == "nan":
        return day | {"n0": np.full(len(number), np.nan)}
    if planted == "units":
        return day | {"n0": number * 1000}
    if planted == "new":
        fresh = np.char.add("new", rng.integers(0, 50, len(day["c3"])).astype(str))
        return day | {"c3": np.where(rng.random(len(day["c3"])) < 0.02, fresh, day["c3"])}
    return day


PLANTED = {"shift": "n0", "share": "c0", "new": "c3", "nan": "n0", "units": "n0"}
"""Each planted change, and the column that it is in."""


def asked_of(day: dict[str, np.ndarray]) -> list[Asked]:
    """How the columns of a day are read."""
    return [
        Asked(name, CountedAs.NUMBER if values.dtype.kind == "f" else CountedAs.VALUE)
        for name, values in day.items()
    ]


def sketched(day: dict[str, np.ndarray], policy: WatchPolicy) -> Places:
    """The sketches of one day's rows."""
    table = pa.table({name: pa.array(values) for name, values in day.items()})
    group = np.zeros(table.num_rows, np.int64)
    found = sketches(table, asked_of(day), group, 1, most=policy.table)
    return {(sketch.asked.name, "all"): sketch for _, sketch in found}


def judged(
    world: World, seed: int, planted: str = "", at: int = 0, policy: WatchPolicy | None = None
) -> Judged:
    """A year that was watched."""
    policy = policy or WatchPolicy()
    days = [sketched(day, policy) for day in world.days(seed, planted, at)]
    return judge(followed(all_distances(days, policy)), policy)


def all_distances(
    slots: Sequence[Places], policy: WatchPolicy, calendar: Calendar = WEEKS
) -> list[dict[Stream, Shift]]:
    """The distances of every whole period of ``slots``."""
    numbered = dict(enumerate(slots))
    starts = range(0, len(slots) // calendar.length * calendar.length, calendar.length)
    return [period_distances(at, numbered, policy, calendar) for at in starts]
