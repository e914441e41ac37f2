"""Leaks planted into clean tables, kind by kind, from blatant to faint."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from leak_planting import (
    BLATANT,
    FAINT,
    LEAK,
    MODERATE,
    STRENGTHS,
    WHOLE_TABLE,
    Planted,
    with_column,
    yes_of,
)
from leak_rows import copies, encoded, glued, immature, near, rolling, scaled
from scipy.special import ndtri
from slipway.domain.leak import LeakKind

__all__ = ["BLATANT", "MODERATE", "PLANTS", "STRENGTHS", "WHOLE_TABLE", "Planted"]


def power(frame, strength, rng):
    """A number that moves with the label; AUC .995, .96, .85."""
    auc = {BLATANT: 0.995, MODERATE: 0.96, FAINT: 0.85}[strength]
    return with_column(frame, np.sqrt(2) * ndtri(auc) * yes_of(frame) + rng.normal(size=len(frame)))


def words(frame, strength, rng):
    """A code that is written with the outcome; wrong in 0, 5, 20 % of the rows."""
    wrong = rng.random(len(frame)) < {BLATANT: 0.0, MODERATE: 0.05, FAINT: 0.2}[strength]
    return with_column(frame, np.where(yes_of(frame) ^ wrong, "done", "open"))


def missing(frame, strength, rng):
    """Filled in only once the outcome is there: in all, 60 %, or 60 % and 10 % of the others."""
    yes = yes_of(frame)
    share = np.where(yes, 1.0 if strength == BLATANT else 0.6, 0.1 if strength == FAINT else 0.0)
    return with_column(
        frame, np.where(rng.random(len(frame)) < share, rng.gamma(2, 9, len(frame)), np.nan)
    )


def rare(frame, strength, rng):
    """A rare code that means yes: in 700, 350, 40 rows."""
    hits = np.flatnonzero(yes_of(frame))
    count = min({BLATANT: 700, MODERATE: 350, FAINT: 40}[strength], len(hits))
    code = np.array(["A", "B", "C"], dtype=object)[rng.integers(0, 3, len(frame))]
    code[rng.choice(hits, count, replace=False)] = "X9"
    return with_column(frame, code)


def sums(frame, strength, rng):
    """Two parts whose sum decides: exact, with 0.2 %, with 5 % of the rows beside it."""
    yes = yes_of(frame)
    total = np.where(yes, 1, -1) * np.abs(rng.normal(size=len(frame)))
    wrong = rng.random(len(frame)) < {BLATANT: 0.0, MODERATE: 0.002, FAINT: 0.05}[strength]
    total = np.where(wrong, -total, total)
    part = rng.normal(0, 1.5, len(frame))
    return Planted(frame.assign(z=part, z2=total - part + 3), "z2")


def later(frame, strength, rng):
    """The time of an update, after the row in 30, 3, .1 % of the rows."""
    share = {BLATANT: 0.3, MODERATE: 0.03, FAINT: 0.001}[strength]
    days = np.where(rng.random(len(frame)) < share, 1, -1) * rng.exponential(5, len(frame))
    return with_column(frame, frame["at"] + pd.to_timedelta(days + np.sign(days), unit="D"))


def closed(frame, strength, rng):
    """The day on which a case was closed: within 3 days of yes, later else; blurred by 0, 3, 20 days."""
    days = np.where(yes_of(frame), rng.uniform(0, 3, len(frame)), rng.uniform(3, 40, len(frame)))
    days += rng.exponential({BLATANT: 1e-3, MODERATE: 2.0, FAINT: 20.0}[strength], len(frame))
    return with_column(frame, frame["at"] + pd.to_timedelta(days, unit="D"))


def place(frame, strength, rng):
    """The place in a list of eight: exact, 1/place with a third of the lists cut, in 5 % of the lists."""
    size = 8
    n = len(frame) // size * size
    frame = frame.iloc[:n].reset_index(drop=True)
    lists = np.arange(n) // size
    at = frame["at"].to_numpy()[lists * size]
    spot = rng.permuted(np.tile(np.arange(1.0, size + 1), (n // size, 1)), axis=1).ravel()
    other = rng.integers(1, 60, n).astype(float)
    kept = rng.random(n // size) < {BLATANT: 1.0, MODERATE: 0.6, FAINT: 0.05}[strength]
    shown = 1 / spot if strength == MODERATE else spot
    values = np.where(kept[lists], shown, 1 / other if strength == MODERATE else other)
    return Planted(frame.assign(z=values, at=at, list=lists), LEAK, {"group": "list"})


def digits(frame, strength, rng):
    """An identifier whose last digit is odd for yes: always, in 85, in 55 % of the rows."""
    right = rng.random(len(frame)) < {BLATANT: 1.0, MODERATE: 0.85, FAINT: 0.55}[strength]
    odd = yes_of(frame) == right
    return with_column(
        frame, rng.permutation(len(frame)) * 20 + 2 * rng.integers(0, 5, len(frame)) + odd
    )


def letters(frame, strength, rng):
    """An identifier whose first letter differs by outcome: always, in 85, in 55 % of the rows."""
    right = rng.random(len(frame)) < {BLATANT: 1.0, MODERATE: 0.85, FAINT: 0.55}[strength]
    first = np.where(yes_of(frame) == right, "q", "r")
    return with_column(
        frame, [f"{a}{k:06x}" for a, k in zip(first, rng.permutation(len(frame)), strict=True)]
    )


PLANTS: dict[str, tuple[Callable, ...]] = {
    LeakKind.LATER: (later, closed),
    LeakKind.PROXY: (power, words, missing, rare, sums),
    LeakKind.DECISION: (place,),
    LeakKind.OVERLAP: (copies, near),
    LeakKind.LOOK_AHEAD: (encoded, rolling),
    LeakKind.FITTED: (scaled,),
    LeakKind.IMMATURE: (immature,),
    LeakKind.HIDDEN: (digits, letters, glued),
}
