"""The sides of a split, from training to test, and the pairs of them that are held against each other."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit.thresholds import SPLIT_SIDES_MOST_FOLDS, SPLIT_SIDES_MOST_SIDES

Rows = NDArray[np.bool_]

ROLES = (
    ("train", "fit", "learn", "develop"),
    ("val", "dev", "tune", "eval"),
    ("test", "hold", "oot"),
)
"""How the sides of a split are called, by what they begin with, from training to test."""


class SidePair(NamedTuple):
    """Two sides of a split: their names and rows bool[n]; what is learned on ``early`` is measured on ``late``."""

    early_name: str
    late_name: str
    early: Rows
    late: Rows


class Sides(NamedTuple):
    """Code int64[n] of each row's side, -1 without one, and the sides' names from training to test."""

    code: NDArray[np.int64]
    names: tuple[str, ...]

    @property
    def last(self) -> Rows:
        """The rows of the last side, bool[n]."""
        found: Rows = self.code == len(self.names) - 1
        return found

    def pairs(self) -> Iterator[SidePair]:
        """Any two sides, the later one second; of many folds, each against all the others."""
        if len(self.names) > SPLIT_SIDES_MOST_SIDES:
            size = np.bincount(self.code[self.code >= 0], minlength=len(self.names))
            for k in np.argsort(-size, kind="stable")[:SPLIT_SIDES_MOST_FOLDS]:
                rest = (self.code != k) & (self.code >= 0)
                yield SidePair("other", self.names[k], rest, self.code == k)
            return
        for late in range(1, len(self.names)):
            for early in range(late):
                yield SidePair(
                    self.names[early], self.names[late], self.code == early, self.code == late
                )


def named(
    code: NDArray[np.int64], names: tuple[str, ...], time: NDArray[np.float64] | None
) -> Sides:
    """Sides from codes int64[n] (-1 without one) and what they are called, in whatever order.

    Names that differ in case or spaces are one side. In order: what the names say (train, val, test),
    the middle of their times, the larger one first.
    """
    plain = [name.strip().casefold() for name in names]
    shown: dict[str, str] = {}
    for name, key in zip(names, plain, strict=True):
        shown.setdefault(key, name.strip())
    keys = list(shown)
    joined = np.array([*(keys.index(key) for key in plain), -1], dtype=np.int64)[code]
    size = np.bincount(joined[joined >= 0], minlength=len(keys))
    there = [k for k in range(len(keys)) if size[k]]

    def place(k: int) -> tuple[int, float, int, str]:
        middle = 0.0 if time is None else float(np.median(time[joined == k]))
        return _role(keys[k]), middle, -int(size[k]), keys[k]

    order = sorted(there, key=place)
    rank = np.full(len(keys) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    return Sides(rank[joined], tuple(shown[keys[k]] for k in order))


def _role(name: str) -> int:
    """0 training, 1 validation, 2 test; what says nothing of it lies between training and test."""
    return next((k for k, words in enumerate(ROLES) if name.startswith(words)), 1)
